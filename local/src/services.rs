//! The embedded DynamoDB and SQS, with the table, the queues and the demo account.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use aws::{
    clients::Clients,
    clock::Clock,
    queue::{DispatchQueue, StartQueue},
    store::Store,
};
use axum::Router;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    LocalError, Storage, clock::KeptClock, data_dir::DataDir, demo, dynamodb,
    event_source::EventSource, guard::Guard, queue_names::QueueName, sqs, template::Template,
};

/// Name of the table of every local stack.
pub const TABLE: &str = "leadgate";

/// Address and ports to listen on. The operating system chooses a port for 0.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// Address of all ports.
    pub address: IpAddr,
    /// Port of the API.
    pub api: u16,
    /// Port of DynamoDB.
    pub dynamodb: u16,
    /// Port of SQS.
    pub sqs: u16,
}

impl Ports {
    /// Any free ports, on an address that other machines cannot reach.
    pub const ANY: Self = Self {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        api: 0,
        dynamodb: 0,
        sqs: 0,
    };
}

/// The running services that the functions use.
#[derive(Debug)]
pub struct Services {
    /// URL of DynamoDB.
    pub dynamodb_url: String,
    /// URL of SQS.
    pub sqs_url: String,
    /// URL of the start queue.
    pub queue_url: String,
    /// URL of the dead-letter queue of the start queue.
    pub dlq_url: String,
    /// URL of the dispatch queue.
    pub dispatch_queue_url: String,
    /// URL of the dead-letter queue of the dispatch queue.
    pub dispatch_dlq_url: String,
    /// Clients for both services.
    pub clients: Clients,
    /// The table.
    pub store: Store,
    /// The start queue.
    pub queue: StartQueue,
    /// The dispatch queue.
    pub dispatch: DispatchQueue,
    pub(super) template: Template,
    pub(super) clock: KeptClock,
    pub(super) data_dir: Option<DataDir>,
    stop: CancellationToken,
    servers: [JoinHandle<()>; 2],
}

impl Services {
    /// Starts both services, with the table, the queues and the demo account. They answer when it
    /// returns.
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn start(storage: &Storage, ports: Ports, clock: &Clock) -> Result<Self, LocalError> {
        Self::start_in(DataDir::of(storage)?, ports, clock).await
    }

    /// Same as [`Services::start`], in a folder that is locked already.
    pub(super) async fn start_in(
        data_dir: Option<DataDir>,
        ports: Ports,
        clock: &Clock,
    ) -> Result<Self, LocalError> {
        let template = Template::read()?;
        let kept = KeptClock::open(clock, data_dir.as_ref().map(DataDir::folder))?;
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
                guard.protect(sqs::routes(clock.clone())),
                stop.clone(),
            ),
        ];
        let clients = Clients::local(&dynamodb_url, &sqs_url);
        let is_ours = dynamodb::create_table(&clients.dynamodb, &template, TABLE).await?;
        if let (false, Some(data_dir)) = (is_ours, &data_dir) {
            return Err(LocalError::OtherVersion {
                path: data_dir.data_file(),
            });
        }
        sqs::create_queues(&clients.sqs, &template).await?;
        let queue_url = QueueName::Start.url(&sqs_url);
        let dispatch_queue_url = QueueName::Dispatch.url(&sqs_url);
        let store = Store::new(clients.dynamodb.clone(), TABLE);
        demo::seed(&store, clock.now()).await?;
        Ok(Self {
            dynamodb_url,
            queue: StartQueue::new(clients.sqs.clone(), &queue_url),
            queue_url,
            dlq_url: QueueName::Start.dead_letter_url(&sqs_url),
            dispatch: DispatchQueue::new(clients.sqs.clone(), &dispatch_queue_url),
            dispatch_queue_url,
            dispatch_dlq_url: QueueName::Dispatch.dead_letter_url(&sqs_url),
            sqs_url,
            store,
            clients,
            template,
            clock: kept,
            data_dir,
            stop,
            servers,
        })
    }

    /// Creates the table and the demo account in a DynamoDB that the caller serves.
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn fill(
        dynamodb: &aws_sdk_dynamodb::Client,
        clock: &Clock,
    ) -> Result<(), LocalError> {
        dynamodb::create_table(dynamodb, &Template::read()?, TABLE).await?;
        demo::seed(&Store::new(dynamodb.clone(), TABLE), clock.now()).await
    }

    /// Returns the event source of a queue, for the function that handles its messages.
    pub(super) fn source<C>(&self, queue: QueueName, consumer: C) -> EventSource<C> {
        EventSource {
            client: self.clients.sqs.clone(),
            queue_url: queue.url(&self.sqs_url),
            queue_arn: queue.arn(),
            batch_size: self.template.batch_size(queue),
            consumer,
        }
    }

    /// Returns the name of the table.
    pub fn table(&self) -> &'static str {
        TABLE
    }

    /// Stops both services after the requests in progress.
    pub async fn stop(self) {
        self.stop.cancel();
        for server in self.servers {
            // An error here is a panic, which the panic hook has reported.
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

/// Listens on `port` of `address`. Also returns the URL for programs on this machine.
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
