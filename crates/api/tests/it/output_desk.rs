//! An output desk that writes what it was asked for, and stops every output named `kikan` at a 外字.

use shoki_api::{OutputCommand, OutputSender, OutputSubject};
use shoki_core::form::FormDefinition;
use shoki_core::output_finding::{Finding, Found, Rendered};
use shoki_core::output_profile::OutputProfile;
use shoki_core::reading::DocumentReading;

/// Starts it; it ends with the last sender.
pub fn start() -> OutputSender {
    let (sender, mut commands) = OutputSender::channel(4);
    tokio::spawn(async move {
        while let Some(command) = commands.recv().await {
            let rendered = rendered(&command);
            let _ = command.reply.send(Ok(rendered));
        }
    });
    sender
}

/// The standard profile under another id.
pub fn profile(form: &FormDefinition, id: &str) -> OutputProfile {
    OutputProfile {
        id: id.to_owned(),
        name: format!("出力 {id}"),
        ..OutputProfile::standard(form)
    }
}

fn rendered(command: &OutputCommand) -> Rendered {
    let reading: DocumentReading = serde_json::from_slice(&command.fields).unwrap();
    let what = match &command.subject {
        OutputSubject::Form { form, profile } => format!("{}/{}", form.id, profile.id),
        OutputSubject::Document { forms } => format!("{} forms", forms.len()),
    };
    let finding = Finding {
        page: 2,
        field: Some("name".to_owned()),
        column: "氏名".to_owned(),
        found: Found::Gaiji {
            character: "𠮷".to_owned(),
            written: None,
        },
    };
    let stops = what.ends_with("/kikan");
    let scan = if command.scan.is_some() {
        " with pictures"
    } else {
        ""
    };
    let text = format!(
        "{what} of {}, {} pages{scan}",
        command.document,
        reading.pages.len()
    );
    Rendered {
        bytes: (!stops).then(|| text.into_bytes()),
        rows: 2,
        findings: if stops { vec![finding] } else { Vec::new() },
    }
}
