//! Where the provider's page sends the browser with its answer: this machine, and nobody else's (RFC 8252, section 7.3).

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    thread,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, REFERRER_POLICY},
    web,
};
use reqwest::Url;
use tokio::sync::{mpsc, oneshot};

/// The path of the answer.
pub const PATH: &str = "/callback";

/// Answers that wait to be looked at: a browser asks once, and whoever asks more often waits.
const WAITING_MAX: usize = 4;
/// Longest query of an answer.
const QUERY_BYTES_MAX: usize = 16 << 10;

/// A listener on loopback, until it is dropped.
pub struct Loopback {
    address: SocketAddr,
    answers: mpsc::Receiver<Answer>,
    server: ServerHandle,
}

/// One answer: its parameters, and whoever waits for a page.
pub struct Answer {
    /// Decoded, in their order.
    pub parameters: Vec<(String, String)>,
    page: oneshot::Sender<(bool, String)>,
}

// === impl Loopback ===

impl Loopback {
    /// Listens on this port; 0 takes one that is free.
    pub fn listen(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let (sender, answers) = mpsc::channel(WAITING_MAX);
        let server = HttpServer::new(move || {
            App::new().app_data(web::Data::new(sender.clone())).route(PATH, web::get().to(answer))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        // It has a runtime of its own, as all of actix-web.
        thread::Builder::new()
            .name("consent".to_owned())
            .spawn(move || actix_web::rt::System::new().block_on(server))?;
        Ok(Self { address, answers, server: handle })
    }

    /// What the provider is told to send the browser to.
    pub fn redirect(&self) -> io::Result<Url> {
        Url::parse(&format!("http://{}{PATH}", self.address)).map_err(io::Error::other)
    }

    /// The next answer; none when the listener has ended.
    pub async fn answer(&mut self) -> Option<Answer> {
        self.answers.recv().await
    }

    /// Ends it, once pages under way are out.
    pub async fn close(self) {
        self.server.stop(true).await;
    }
}

impl std::fmt::Debug for Loopback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loopback").field("address", &self.address).finish_non_exhaustive()
    }
}

// === impl Answer ===

impl Answer {
    /// Tells the person at the browser how it went. The text is ours: nothing of the answer is repeated.
    pub fn tell(self, is_good: bool, text: &str) {
        // A browser that has gone needs no page.
        let _ = self.page.send((is_good, text.to_owned()));
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer(…)")
    }
}

async fn answer(request: HttpRequest, answers: web::Data<mpsc::Sender<Answer>>) -> HttpResponse {
    let query = request.query_string();
    if query.len() > QUERY_BYTES_MAX {
        return page(false, "The answer is longer than any that a provider gives.");
    }
    let parameters = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let (page_sender, told) = oneshot::channel();
    if answers.send(Answer { parameters, page: page_sender }).await.is_err() {
        return page(false, "Nobody waits for this answer any more.");
    }
    let (is_good, text) =
        told.await.unwrap_or_else(|_| (false, "Nobody waits for this answer any more.".to_owned()));
    page(is_good, &text)
}

fn page(is_good: bool, text: &str) -> HttpResponse {
    let mut response = if is_good { HttpResponse::Ok() } else { HttpResponse::BadRequest() };
    response
        .insert_header(ContentType::html())
        .insert_header((CACHE_CONTROL, "no-store"))
        // The address holds the code.
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .body(format!("<!doctype html><html lang=en><title>dynamoi</title><p>{text}</p></html>\n"))
}
