SELECT javaMap(`aws.cloudtrail.flattened.request_parameters`) AS `aws.cloudtrail.request_parameters`
FROM events
