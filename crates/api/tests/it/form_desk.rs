//! A form desk that opens nothing: what a page reads as is what was sent.

use std::collections::BTreeMap;
use std::io::Read as _;

use shoki_api::form_desk::{BlankPage, Trial};
use shoki_api::{FormCommand, FormSender, FormWork};
use shoki_core::form::{FieldType, MmBox};
use shoki_core::form_draft::Suggestion;

use crate::office::form;

/// The name of a form that looks like another.
pub const TWIN: &str = "そっくりな帳票";

/// Starts it; it ends with the last sender.
pub fn start() -> FormSender {
    let (sender, mut commands) = FormSender::channel(4);
    tokio::spawn(async move {
        while let Some(FormCommand { work, .. }) = commands.recv().await {
            match work {
                FormWork::Open(mut file, index, reply) => {
                    let mut bytes = format!("page {index} ").into_bytes();
                    file.read_to_end(&mut bytes).unwrap();
                    let _ = reply.send(Ok(BlankPage {
                        png: bytes.into(),
                        width_mm: 210.0,
                        height_mm: 297.0,
                    }));
                }
                FormWork::Suggest(page, reply) => {
                    let suggestion = Suggestion {
                        area: MmBox::from([10.0, 10.0, page.width_mm - 20.0, 8.0]),
                        kind: FieldType::Name,
                        label: Some("氏名".to_owned()),
                        cells: None,
                        choices: Vec::new(),
                    };
                    let _ = reply.send(Ok(vec![suggestion]));
                }
                FormWork::Try(_, _, index, reply) => {
                    let piece = form::page("transfer", index + 1);
                    let crops = piece.crops.into_iter().map(|(key, png)| (key, png.into()));
                    let _ = reply.send(Ok(Trial {
                        page: piece.reading,
                        crops: crops.collect::<BTreeMap<_, _>>(),
                    }));
                }
                FormWork::Compare(forms, reply) => {
                    let is_twin = forms[0].definition.name == TWIN;
                    let names = forms[1..].iter().map(|form| form.definition.name.as_str());
                    let beside = names.collect::<Vec<_>>().join("、");
                    let _ = reply.send(Ok(is_twin
                        .then(|| format!("見分けられません({beside})。"))
                        .into_iter()
                        .collect()));
                }
            }
        }
    });
    sender
}
