//! Finds the URL of a service's endpoint.

use aws_config::SdkConfig;
use aws_sdk_sqs::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_types::service_config::ServiceConfigKey;

/// Returns the URL of the service with this id and this name for the region of `config`, or the URL
/// that the operator has configured.
///
/// Each client of the SDK has the names of all partitions. The rules of SQS, of CloudFormation and
/// of CloudWatch Logs differ in the service's name alone, so the SQS client's rules give the URL,
/// and the name is replaced.
///
/// # Errors
/// The rules' own error if the region is not a host name, or if a configured URL meets FIPS or
/// dual-stack.
pub async fn url(config: &SdkConfig, id: &'static str, name: &str) -> Result<String, BoxError> {
    let configured = configured(config, id)?;
    let params = Params::builder()
        .set_region(config.region().map(ToString::to_string))
        .set_use_fips(config.use_fips())
        .set_use_dual_stack(config.use_dual_stack())
        .set_endpoint(configured.clone())
        .build()?;
    let sqs = DefaultResolver::new().resolve_endpoint(&params).await?;
    Ok(configured.unwrap_or_else(|| {
        let own = format!("https://{name}");
        sqs.url().replacen("https://sqs", &own, 1)
    }))
}

/// Returns the URL of the service's own variable, such as `AWS_ENDPOINT_URL_CLOUDFORMATION`, of the
/// profile's section for it or of `AWS_ENDPOINT_URL`, in this order. `None` if none is set.
fn configured(config: &SdkConfig, id: &'static str) -> Result<Option<String>, BoxError> {
    let key = ServiceConfigKey::builder()
        .service_id(id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()?;
    let own = config
        .service_config()
        .and_then(|services| services.load_config(key));
    Ok(own.or_else(|| config.endpoint_url().map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use aws_config::Region;

    use super::*;
    use crate::target::{cloudformation, logs, service::Service};

    /// Host names from the tests of aws-sdk-cloudformation 1.136, one for each partition and
    /// variant, and that of the European Sovereign Cloud.
    const HOSTS: &str = "
        eu-west-1       plain       cloudformation.eu-west-1.amazonaws.com
        us-east-1       fips        cloudformation-fips.us-east-1.amazonaws.com
        us-east-1       fips,dual   cloudformation-fips.us-east-1.api.aws
        us-east-1       dual        cloudformation.us-east-1.api.aws
        cn-north-1      plain       cloudformation.cn-north-1.amazonaws.com.cn
        cn-north-1      fips        cloudformation-fips.cn-north-1.amazonaws.com.cn
        cn-north-1      fips,dual   cloudformation-fips.cn-north-1.api.amazonwebservices.com.cn
        cn-north-1      dual        cloudformation.cn-north-1.api.amazonwebservices.com.cn
        us-gov-west-1   plain       cloudformation.us-gov-west-1.amazonaws.com
        us-gov-west-1   fips        cloudformation.us-gov-west-1.amazonaws.com
        us-gov-east-1   fips,dual   cloudformation-fips.us-gov-east-1.api.aws
        us-gov-east-1   dual        cloudformation.us-gov-east-1.api.aws
        us-iso-east-1   plain       cloudformation.us-iso-east-1.c2s.ic.gov
        us-iso-east-1   fips        cloudformation-fips.us-iso-east-1.c2s.ic.gov
        us-isob-east-1  plain       cloudformation.us-isob-east-1.sc2s.sgov.gov
        us-isob-east-1  fips        cloudformation-fips.us-isob-east-1.sc2s.sgov.gov
        eusc-de-east-1  plain       cloudformation.eusc-de-east-1.amazonaws.eu
    ";

    const SERVICES: [Service; 2] = [cloudformation::SERVICE, logs::SERVICE];

    async fn url_of(
        service: &Service,
        region: &str,
        use_fips: bool,
        use_dual_stack: bool,
        endpoint_url: Option<&str>,
    ) -> Result<String, BoxError> {
        let mut config = SdkConfig::builder()
            .region(Region::new(region.to_owned()))
            .use_fips(use_fips)
            .use_dual_stack(use_dual_stack);
        config.set_endpoint_url(endpoint_url.map(str::to_owned));
        url(&config.build(), service.id, service.name).await
    }

    #[tokio::test]
    async fn each_partition_has_its_own_names() {
        for line in HOSTS.lines().filter(|line| !line.trim().is_empty()) {
            let [region, variant, host] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            let (fips, dual) = (variant.contains("fips"), variant.contains("dual"));
            for service in &SERVICES {
                let url = url_of(service, region, fips, dual, None).await.unwrap();
                let host = host.replacen("cloudformation", service.name, 1);
                assert_eq!(url, format!("https://{host}"), "{line}");
            }
        }
    }

    #[tokio::test]
    async fn a_configured_url_is_taken_as_it_is() {
        let configured = "https://sqs.example.com:4566/aws";
        let url = url_of(&SERVICES[0], "eu-west-1", false, false, Some(configured)).await;
        assert_eq!(url.unwrap(), configured);
        let error = url_of(&SERVICES[0], "eu-west-1", true, false, Some(configured)).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("FIPS and custom endpoint"), "{error}");
    }

    #[tokio::test]
    async fn a_region_that_is_no_host_name_is_an_error() {
        assert!(
            url_of(&SERVICES[0], "example.com/", false, false, None)
                .await
                .is_err()
        );
    }
}
