//! An async server in front of a worker: handlers wait while the worker is behind, no matter how many there are, and it ends
//! in order. First the listener goes, then the connections, and last the worker, which writes all that it was given.

use pyaltt::prelude::*;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Answers each line, as a handler of HTTP answers its requests, when the disk has taken the order.
async fn serve(mut stream: TcpStream, disk: BackgroundQueueWorker<String>) -> Result<(), BoxError> {
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        match disk.put_async(line).await {
            Ok(()) => writer.write_all(b"202 Accepted\n").await?,
            Err(_) => writer.write_all(b"503 Service Unavailable\n").await?,
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let disk = queue(|order: String, _cx| println!("writes {order}")).name("disk").bounded(4).start()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let (address, mut clients, mut handlers) = (listener.local_addr()?, JoinSet::new(), JoinSet::new());
    for number in 0..20 {
        clients.spawn(async move {
            let (mut stream, mut answers) = (TcpStream::connect(address).await?, String::new());
            stream.write_all(format!("order {number} a\norder {number} b\n").as_bytes()).await?;
            stream.shutdown().await?;
            stream.read_to_string(&mut answers).await.map(|_| answers)
        });
        handlers.spawn(serve(listener.accept().await?.0, disk.clone()));
    }
    drop(listener);
    handlers.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let exit = disk.drain_async().await?;
    assert!(
        clients.join_all().await.into_iter().all(|answers| answers.is_ok_and(|all| all.lines().count() == 2))
    );
    assert_eq!(exit.turns, 40);
    println!("wrote {} orders", exit.turns);
    Ok(())
}
