//! A page desk that writes down what it was asked to draw.

use std::io::Read as _;

use shoki_api::{PageCommand, PageSender};
use shoki_core::code::ErrorCode;

/// Starts it; it ends with the last sender. It cannot open the third page of anything.
pub fn start() -> PageSender {
    let (sender, mut commands) = PageSender::channel(4);
    tokio::spawn(async move {
        while let Some(command) = commands.recv().await {
            let PageCommand {
                mut picture, reply, ..
            } = command;
            let mut bytes = Vec::new();
            picture.scan.file.read_to_end(&mut bytes).unwrap();
            let width = picture.width.map(|width| format!(", {width} across"));
            let text = format!(
                "page {} of {} bytes, turned {}, masks {:?}{}",
                picture.index,
                bytes.len(),
                picture.quarter_turns,
                picture.masks,
                width.unwrap_or_default()
            );
            let drawn = if picture.index == 2 {
                Err(ErrorCode::CorruptPage)
            } else {
                Ok(text.into())
            };
            let _ = reply.send(drawn);
        }
    });
    sender
}
