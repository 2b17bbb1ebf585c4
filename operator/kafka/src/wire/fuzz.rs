//! Answers of any bytes: they are refused or read, never a panic, and never more room than they have bytes for.

use bytes::Bytes;
use fastrand::Rng;
use kafka_protocol::messages::*;

use super::message::{decode, encode};
use super::{Api, versions};

const ROUNDS: usize = 400;

/// Every request that this client reads an answer to.
macro_rules! for_all_apis {
    ($visit:ident, $($argument:expr),*) => {
        for_all_apis!(@each $visit, ($($argument),*), AddRaftVoterRequest, AlterClientQuotasRequest, AlterPartitionReassignmentsRequest,
            AlterUserScramCredentialsRequest, ApiVersionsRequest, ConsumerGroupDescribeRequest, CreateAclsRequest, CreatePartitionsRequest,
            CreateTopicsRequest, DeleteAclsRequest, DeleteGroupsRequest, DeleteTopicsRequest, DescribeAclsRequest,
            DescribeClientQuotasRequest, DescribeClusterRequest, DescribeConfigsRequest, DescribeGroupsRequest, DescribeLogDirsRequest,
            DescribeQuorumRequest, DescribeUserScramCredentialsRequest, ElectLeadersRequest, FindCoordinatorRequest,
            IncrementalAlterConfigsRequest, ListGroupsRequest, ListOffsetsRequest, ListPartitionReassignmentsRequest, MetadataRequest,
            OffsetCommitRequest, OffsetFetchRequest, RemoveRaftVoterRequest, UnregisterBrokerRequest, UpdateFeaturesRequest)
    };
    (@each $visit:ident, $arguments:tt, $($request:ident),*) => { $(for_all_apis!(@one $visit, $arguments, $request);)* };
    (@one $visit:ident, ($($argument:expr),*), $request:ident) => { $visit::<$request>($($argument),*) };
}

fn newest<R: Api>() -> i16 {
    R::VERSIONS.max
}

/// Mostly small bytes: they are counts and flags that let the decoder go deep.
fn bytes(random: &mut Rng) -> Bytes {
    let length = random.usize(0..300);
    let byte = |random: &mut Rng| if random.u8(0..4) > 0 { random.u8(0..6) } else { random.u8(..) };
    std::iter::repeat_with(|| byte(random)).take(length).collect()
}

fn read_any<R: Api>(random: &mut Rng) {
    for _ in 0..ROUNDS {
        let _ = decode::<R>(bytes(random), newest::<R>());
    }
}

/// After the header, a count of every size: the codec would reserve room for four thousand million items.
fn read_huge<R: Api>(_: &mut Rng) {
    for skipped in 0..40 {
        let mut frame = vec![0; 5 + skipped];
        frame.extend([0xff, 0xff, 0xff, 0xff, 0x0f]);
        frame.extend([1; 20]);
        let _ = decode::<R>(frame.into(), newest::<R>());
    }
}

fn ask_default<R: Api + Default>(_: &mut Rng) {
    // Fields that a version does not know would be refused by the codec.
    for version in [newest::<R>(), R::LEAST] {
        encode(&R::default(), version, 1).unwrap();
    }
}

#[test]
fn any_bytes_are_refused_or_read() {
    let mut random = Rng::with_seed(9092);
    for_all_apis!(read_any, &mut random);
}

#[test]
fn a_huge_count_does_not_take_the_process_with_it() {
    let mut random = Rng::with_seed(9093);
    for_all_apis!(read_huge, &mut random);
}

#[test]
fn every_request_can_be_said_in_its_least_version() {
    let mut random = Rng::with_seed(0);
    for_all_apis!(ask_default, &mut random);
}

#[test]
fn every_answer_that_is_cut_short_is_refused() {
    use kafka_protocol::protocol::Encodable;
    let mut frame = bytes::BytesMut::new();
    frame.extend_from_slice(&[0, 0, 0, 1]);
    let key = api_versions_response::ApiVersion::default().with_api_key(3).with_max_version(12);
    let answer = ApiVersionsResponse::default().with_api_keys(vec![key; 30]);
    answer.encode(&mut frame, versions::FIRST).unwrap();
    let frame = frame.freeze();
    assert_eq!(decode::<ApiVersionsRequest>(frame.clone(), versions::FIRST), Ok(answer));
    for length in 0..frame.len() {
        assert!(decode::<ApiVersionsRequest>(frame.slice(..length), versions::FIRST).is_err(), "{length} bytes");
    }
}
