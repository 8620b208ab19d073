-- Columns of CloudTrail that are computed when they are read: they say again, in another form, what the raw record and the
-- stored columns hold, and few queries ask for them. `event.original` is the record, `aws.cloudtrail.resources.arn` and
-- `aws.cloudtrail.flattened.request_parameters` are stored.
WITH
    `aws.cloudtrail.flattened.request_parameters` AS request,
    `aws.cloudtrail.flattened.response_elements` AS response,
    -- To what: ARNs and ids that the record names as the objects of the call.
    arrayDistinct(arrayConcat(
        `aws.cloudtrail.resources.arn`,
        JSONExtract(if(position(request, '"secretIdList"') > 0, request, ''), 'secretIdList', 'Array(String)'),
        if(
            match(request, '"(?:roleArn|policyArn|serialNumber|secretId|groupId|networkAclId|functionName)":"') OR match(response, '"(?:accessKey|policy|trustAnchor|resolverQueryLogConfig)":\\{|"securityGroupRuleId":"|"stackId":"|"dBClusterArn":"|"dBInstanceArn":"|"globalClusterArn":"'),
            extractAll(concat(request, response), '"(?:roleArn|policyArn|serialNumber|secretId|groupId|networkAclId|functionName|securityGroupRuleId|accessKeyId|arn|trustAnchorArn|stackId|dBClusterArn|dBInstanceArn|globalClusterArn)":"([^"\\\\]+)"'),
            []))) AS targets
SELECT
    userAgentProductName(`user_agent.original`, userAgentProduct(`user_agent.original`)) AS `user_agent.name`,
    userAgentProductVersion(userAgentProduct(`user_agent.original`)) AS `user_agent.version`,
    userAgentDevice(`user_agent.original`, userAgentHardware(`user_agent.original`)) AS `user_agent.device.name`,
    userAgentOsName(userAgentSystem(`user_agent.original`)) AS `user_agent.os.name`,
    userAgentSystemVersion(userAgentSystem(`user_agent.original`)) AS `user_agent.os.version`,
    userAgentOsFull(userAgentSystem(`user_agent.original`)) AS `user_agent.os.full`,
    javaMap(request) AS `aws.cloudtrail.request_parameters`,
    javaMap(`aws.cloudtrail.flattened.response_elements`) AS `aws.cloudtrail.response_elements`,
    javaMap(`aws.cloudtrail.flattened.additional_eventdata`) AS `aws.cloudtrail.additional_eventdata`,
    javaMap(`aws.cloudtrail.flattened.service_event_details`) AS `aws.cloudtrail.service_event_details`,
    jsonObject(jsonCompacted(JSONExtract(`event.original`, 'responseElements', 'String'))) AS `aws.cloudtrail.flattened.response_elements`,
    jsonObject(jsonCompacted(JSONExtract(`event.original`, 'additionalEventData', 'String'))) AS `aws.cloudtrail.flattened.additional_eventdata`,
    jsonObject(jsonCompacted(JSONExtract(`event.original`, 'serviceEventDetails', 'String'))) AS `aws.cloudtrail.flattened.service_event_details`,
    jsonObject(jsonCompacted(JSONExtract(`event.original`, 'insightDetails', 'String'))) AS `aws.cloudtrail.flattened.insight_details`,
    JSONExtractString(`event.original`, 'requestID') AS `aws.cloudtrail.request_id`,
    if(JSONExtractString(`event.original`, 'sharedEventID') != '', JSONExtractString(`event.original`, 'sharedEventID'),
        JSONExtractString(`event.original`, 'sharedEventId')) AS `aws.cloudtrail.shared_event_id`,
    JSONExtractString(`event.original`, 'responseElements', 'user', 'userId') AS `user.target.id`,
    JSONExtractString(`event.original`, 'responseElements', 'group', 'groupId') AS `group.id`,
    arrayFilter(target -> match(target, '^arn:[^:]*:[^:]*:[^:]*:[^:]*:(?:user|role|mfa|federated-user|instance-profile)/|^AKIA[A-Z0-9]{16}$') AND NOT match(target, '/AWSServiceRoleFor|/aws-service-role/'), targets) AS `user.target.entity.id`,
    arrayFilter(target -> NOT has(`user.target.entity.id`, target) AND match(target, '^arn:[^:]*:s3:|^arn:(?:[^:]*:){4}(?:alarm|cluster|configuration-recorder|db|detector|dhcp-options|document|file-system|function|global-cluster|group|ipset|key|loadbalancer|log-group|log-stream|model|mount-target|network-acl|network-interface|parameter|policy|resolver-query-log-config|rule|rulegroup|secret|security-group|session|stack|stack-set|subnet|table|topic|trail|trust-anchor|vpc|webacl)(?:[:/]|$)|/AWSServiceRoleFor|/aws-service-role/|^(?:sgr?|eni|vpc|subnet|acl|rtb|igw|nat|vpce|tgw|pcx)-'), targets) AS `service.target.entity.id`,
    if(position(request, '"i-') > 0 OR position(response, '"i-') > 0, arrayDistinct(extractAll(concat(request, response), '"(i-[0-9a-f]{8,17})"')), []) AS `related.hosts`
FROM events
