//! DynamoDB and SQS on this machine, with the table, the queues and the demo account in them.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use aws::{clients::Clients, clock::Clock, queue::StartQueue, store::Store};
use axum::Router;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    LocalError, Storage,
    data_dir::DataDir,
    definition::Definition,
    demo, dynamodb,
    guard::Guard,
    sqs::{self, QueueUrls},
};

/// The table of every local stack.
pub const TABLE: &str = "leadgate";

/// Where to listen; port 0 lets the system choose.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// The address of all of them.
    pub address: IpAddr,
    /// The API's.
    pub api: u16,
    /// DynamoDB's.
    pub dynamodb: u16,
    /// SQS's.
    pub sqs: u16,
}

impl Ports {
    /// Free ports of this machine alone, whichever they are.
    pub const ANY: Self = Self {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        api: 0,
        dynamodb: 0,
        sqs: 0,
    };
}

/// The services that the functions use, running.
#[derive(Debug)]
pub struct Services {
    /// DynamoDB's endpoint.
    pub dynamodb_url: String,
    /// SQS's endpoint.
    pub sqs_url: String,
    /// The start queue's URL.
    pub queue_url: String,
    /// The dead-letter queue's URL.
    pub dlq_url: String,
    /// The SDK's clients for both.
    pub clients: Clients,
    /// The table.
    pub store: Store,
    /// The start queue.
    pub queue: StartQueue,
    pub(super) definition: Definition,
    pub(super) data_dir: Option<DataDir>,
    stop: CancellationToken,
    servers: [JoinHandle<()>; 2],
}

impl Services {
    /// Starts both and fills them. When it returns, they answer.
    ///
    /// # Errors
    /// [`LocalError`], each with what to change.
    pub async fn start(storage: &Storage, ports: Ports, clock: &Clock) -> Result<Self, LocalError> {
        Self::start_in(DataDir::of(storage)?, ports, clock).await
    }

    /// Starts both in a folder that is this process's already.
    pub(super) async fn start_in(
        data_dir: Option<DataDir>,
        ports: Ports,
        clock: &Clock,
    ) -> Result<Self, LocalError> {
        let definition = Definition::read()?;
        let database = match &data_dir {
            None => dynamodb::open_memory()?,
            Some(data_dir) => dynamodb::open_file(&data_dir.data_file())?,
        };
        let (dynamodb_listener, dynamodb_url) =
            listen(ports.address, ports.dynamodb, "--dynamodb-port").await?;
        let (sqs_listener, sqs_url) = listen(ports.address, ports.sqs, "--sqs-port").await?;
        let stop = CancellationToken::new();
        let guard = Guard::for_programs(ports.address);
        let servers = [
            serve(
                "DynamoDB",
                dynamodb_listener,
                guard.clone().protect(dynamodb::routes(database)),
                stop.clone(),
            ),
            serve(
                "SQS",
                sqs_listener,
                guard.protect(sqs::routes()),
                stop.clone(),
            ),
        ];
        let clients = Clients::local(&dynamodb_url, &sqs_url);
        let is_ours = dynamodb::create_table(&clients.dynamodb, &definition, TABLE).await?;
        if let (false, Some(data_dir)) = (is_ours, &data_dir) {
            return Err(LocalError::OtherVersion {
                path: data_dir.data_file(),
            });
        }
        let QueueUrls { start, dead_letter } =
            sqs::create_queues(&clients.sqs, &definition, &sqs_url).await?;
        let store = Store::new(clients.dynamodb.clone(), TABLE);
        demo::seed(&store, clock.now()).await?;
        Ok(Self {
            dynamodb_url,
            sqs_url,
            queue: StartQueue::new(clients.sqs.clone(), &start),
            queue_url: start,
            dlq_url: dead_letter,
            store,
            clients,
            definition,
            data_dir,
            stop,
            servers,
        })
    }

    /// Fills a DynamoDB that the caller serves: the table, with the demo account in it.
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn fill(
        dynamodb: &aws_sdk_dynamodb::Client,
        clock: &Clock,
    ) -> Result<(), LocalError> {
        dynamodb::create_table(dynamodb, &Definition::read()?, TABLE).await?;
        demo::seed(&Store::new(dynamodb.clone(), TABLE), clock.now()).await
    }

    /// The table's name.
    pub fn table(&self) -> &'static str {
        TABLE
    }

    /// Stops both after the requests that are under way.
    pub async fn stop(self) {
        self.stop.cancel();
        for server in self.servers {
            // It ends by itself; a panic in it has been reported by the panic hook.
            let _ = server.await;
        }
    }
}

/// Serves an embedded service until `stop` is cancelled.
fn serve(
    name: &'static str,
    listener: TcpListener,
    routes: Router,
    stop: CancellationToken,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let served = axum::serve(listener, routes)
            .with_graceful_shutdown(stop.cancelled_owned())
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "the embedded {name} stopped");
        }
    })
}

/// Listens on `port` of `address`, and gives the URL that this machine finds it at.
pub(super) async fn listen(
    address: IpAddr,
    port: u16,
    option: &'static str,
) -> Result<(TcpListener, String), LocalError> {
    let failed = |cause: io::Error| match cause.kind() {
        io::ErrorKind::AddrInUse => LocalError::PortTaken { port, option },
        io::ErrorKind::AddrNotAvailable => LocalError::Address { address, cause },
        _ => LocalError::Port {
            port,
            option,
            cause,
        },
    };
    let listener = TcpListener::bind((address, port)).await.map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    let address = match address {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    Ok((
        listener,
        format!("http://{}", SocketAddr::new(address, port)),
    ))
}
