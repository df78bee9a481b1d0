use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

/// Reply as CloudFormation sends it, with elements that are not read between those that are.
const STACK: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
  <DescribeStacksResult>
    <Stacks>
      <member>
        <StackName>leadgate</StackName>
        <Parameters>
          <member>
            <ParameterKey>TableName</ParameterKey>
            <ParameterValue>of a parameter</ParameterValue>
          </member>
        </Parameters>
        <Outputs>
          <member>
            <Description>The table &lt;of all&gt;</Description>
            <ExportName>OutputKey</ExportName>
            <OutputKey>TableName</OutputKey>
            <OutputValue>a&amp;b &lt;c&gt; &quot;d&apos; &#233;&#xE9;</OutputValue>
          </member>
          <member>
            <OutputValue>https://sqs.eu-west-1.amazonaws.com/1/q</OutputValue>
            <OutputKey>StartQueueUrl</OutputKey>
          </member>
          <member>
            <OutputKey>Empty</OutputKey>
            <OutputValue/>
          </member>
          <member/>
        </Outputs>
        <Tags><member><Key>OutputKey</Key><Value>x</Value></member></Tags>
      </member>
    </Stacks>
  </DescribeStacksResult>
  <ResponseMetadata><RequestId>b9b4b068-3a41-11e5-94eb-example</RequestId></ResponseMetadata>
</DescribeStacksResponse>"#;

#[test]
fn each_output_has_its_value_with_entities_decoded() {
    let outputs = outputs(STACK.as_bytes()).unwrap();
    assert_eq!(outputs.value("TableName"), Some("a&b <c> \"d' éé"));
    assert_eq!(
        outputs.value("StartQueueUrl"),
        Some("https://sqs.eu-west-1.amazonaws.com/1/q")
    );
    assert_eq!(outputs.value("Empty"), Some(""));
    assert_eq!(outputs.value("OutputKey"), None);
}

#[test]
fn a_stack_without_outputs_has_none() {
    let stack = "<DescribeStacksResponse><DescribeStacksResult><Stacks><member/></Stacks>\
                 </DescribeStacksResult></DescribeStacksResponse>";
    assert_eq!(outputs(stack.as_bytes()).unwrap().value("TableName"), None);
}

#[test]
fn a_reply_of_another_kind_is_an_error() {
    let entity = STACK.replace("&amp;", "&unknown;");
    let damaged = STACK.replace("<OutputKey>StartQueueUrl", "<<OutputKey>StartQueueUrl");
    for body in [
        b"".as_slice(),
        b"no XML",
        b"{\"Stacks\": []}",
        b"\xff\xfe<DescribeStacksResponse/>",
        b"<!DOCTYPE html><html><body>Log in to the network</body></html>",
        b"<DescribeStacksResponse/>",
        b"<ErrorResponse><Error><Code>ValidationError</Code></Error></ErrorResponse>",
        entity.as_bytes(),
        damaged.as_bytes(),
    ] {
        let outputs = outputs(body);
        assert!(outputs.is_err(), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn a_refusal_has_its_code_and_message() {
    let error = refusal(
        b"<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error>\
          <Type>Sender</Type><Code>AccessDenied</Code><Message>User &apos;a&apos;: no</Message>\
          </Error><RequestId>1</RequestId></ErrorResponse>",
    );
    assert_eq!(error.code(), Some("AccessDenied"));
    assert_eq!(error.message(), Some("User 'a': no"));
}

#[test]
fn an_error_of_another_server_has_no_code() {
    for body in [b"".as_slice(), b"<html>502 Bad Gateway</html>", b"\xff"] {
        assert_eq!(refusal(body), ErrorMetadata::builder().build());
    }
}

/// Parts of XML documents, whole and broken.
const PIECES: [&str; 20] = [
    "<ErrorResponse>",
    "<Error>",
    "<Code>",
    "</Code>",
    "<OutputKey>",
    "</OutputKey>",
    "<OutputValue/>",
    "<a x=\"&#1;\">",
    "</a>",
    "</",
    "<!--",
    "-->",
    "<!DOCTYPE a [",
    "]>",
    "<?xml",
    "<![CDATA[",
    "]]>",
    "&amp;",
    "&#xFFFFFFFFF;",
    "&",
];

proptest! {
    #[test]
    fn no_body_panics(
        pieces in vec(prop_oneof![3 => select(&PIECES).prop_map(str::to_owned), 1 => "\\PC"], 0..30),
        end in 0..STACK.len(),
    ) {
        let pieces = pieces.concat();
        let inside = STACK.replacen("<OutputValue>", &pieces, 1);
        let cut = STACK.as_bytes().get(..end).unwrap_or_default();
        for body in [pieces.as_bytes(), inside.as_bytes(), cut] {
            let _ = outputs(body);
            let _ = refusal(body);
        }
    }
}

#[test]
fn each_resource_has_its_two_names_and_its_type() {
    let reply = r#"<DescribeStackResourcesResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
      <DescribeStackResourcesResult><StackResources>
        <member>
          <StackId>arn:aws:cloudformation:eu-west-1:1:stack/leadgate/1</StackId>
          <LogicalResourceId>ApiLogGroup</LogicalResourceId>
          <PhysicalResourceId>leadgate-ApiLogGroup-&#x31;</PhysicalResourceId>
          <ResourceType>AWS::Logs::LogGroup</ResourceType>
          <DriftInformation><StackResourceDriftStatus>NOT_CHECKED</StackResourceDriftStatus></DriftInformation>
        </member>
        <member><LogicalResourceId>Table</LogicalResourceId></member>
      </StackResources></DescribeStackResourcesResult>
    </DescribeStackResourcesResponse>"#;
    let group = Resource {
        logical_id: "ApiLogGroup".to_owned(),
        physical_id: "leadgate-ApiLogGroup-1".to_owned(),
        kind: "AWS::Logs::LogGroup".to_owned(),
    };
    let table = Resource {
        logical_id: "Table".to_owned(),
        ..Resource::default()
    };
    assert_eq!(resources(reply.as_bytes()).unwrap(), [group, table]);
    assert!(resources(b"<html></html>").is_err());
}
