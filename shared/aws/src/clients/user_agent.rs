//! The header `user-agent` of every call, as a constant.

use aws_runtime::user_agent::UserAgentInterceptor;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::interceptors::{
        context::{BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut},
        disable_interceptor,
    },
};

pub(super) const LEADGATE: &str = concat!("leadgate/", env!("CARGO_PKG_VERSION"), " aws-sdk-rust");

/// Replaces the SDK's interceptor, which builds two long headers for each call, and signs one of
/// them (docs/adr/0015).
#[derive(Debug)]
pub(super) struct UserAgent;

impl Intercept for UserAgent {
    fn name(&self) -> &'static str {
        "user agent"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let ours = disable_interceptor::<UserAgentInterceptor>("Leadgate has another");
        config.interceptor_state().store_put(ours);
        Ok(())
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.request_mut().headers_mut();
        headers.try_insert("user-agent", LEADGATE)?;
        Ok(())
    }
}
