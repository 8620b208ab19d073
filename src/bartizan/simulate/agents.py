"""The user agents that appear in the company's logs. A data table."""

EC2_SDK = (
    "aws-sdk-go/1.55.5 (go1.23.8; linux; amd64) exec-env/EC2 amazon-ssm-agent/3.3.2471.0",
    "Boto3/1.40.12 md/Botocore#1.40.12 ua/2.1 os/linux#6.1.141 md/arch#x86_64 lang/python#3.11.13 md/pyimpl#CPython",
    "aws-sdk-java/2.31.68 Linux/6.1.141 OpenJDK_64-Bit_Server_VM/21.0.7",
)
LAMBDA_SDK = (
    "Boto3/1.38.36 md/Botocore#1.38.36 os/linux#5.10.238 lang/python#3.12.11 exec-env/AWS_Lambda_python3.12",
    "aws-sdk-js/3.826.0 ua/2.1 os/linux#5.10.238 lang/js md/nodejs#22.16.0 exec-env/AWS_Lambda_nodejs22.x",
)
POD_SDK = (
    "aws-sdk-go-v2/1.36.6 ua/2.1 os/linux lang/go#1.24.4 md/GOARCH#arm64",
    "aws-sdk-java/2.32.4 md/io#sync md/http#Apache os/Linux#6.1.141 lang/java#21.0.8",
)
TERRAFORM = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.12.2 (+https://www.terraform.io) terraform-provider-aws/6.4.0"
    " (+https://registry.terraform.io/providers/hashicorp/aws) m/C aws-sdk-go-v2/1.36.6 ua/2.1 os/linux lang/go#1.24.4",
    "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io) terraform-provider-aws/5.98.0"
    " (+https://registry.terraform.io/providers/hashicorp/aws) m/C aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.23.8",
)
COMMAND_LINE = (
    "aws-cli/2.27.49 md/awscrt#0.26.1 ua/2.1 os/macos#24.5.0 md/arch#arm64 lang/python#3.13.4 md/pyimpl#CPython"
    " cfg/retry-mode#standard md/installer#exe md/prompt#off",
    "aws-cli/2.24.10 md/awscrt#0.23.8 ua/2.0 os/linux#6.8.0-63-generic md/arch#x86_64 lang/python#3.12.9"
    " md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/distrib#ubuntu.24 md/prompt#off",
)
BROWSER = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0"
    " Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"
    " Safari/605.1.15",
)
SCRIPTS = (
    "Boto3/1.34.162 md/Botocore#1.34.162 ua/2.0 os/linux#5.15.0-143-generic md/arch#x86_64 lang/python#3.10.12"
    " md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.162",
)
ATTACKER_CLI = (
    "aws-cli/2.22.35 md/awscrt#0.22.0 ua/2.0 os/linux#6.11.2-amd64 md/arch#x86_64 lang/python#3.12.6 md/pyimpl#CPython"
    " cfg/retry-mode#standard md/installer#source md/distrib#kali.2024 md/prompt#off"
)
ATTACKER_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SQL_SCANNER = "sqlmap/1.8.11#stable (https://sqlmap.org)"
