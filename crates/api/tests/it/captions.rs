//! The other end of the live captions' channel: sessions without sound, each of its 課.

use std::collections::HashMap;

use jiff::Timestamp;
use shoki_api::live::{
    Durable, LiveCommand, LiveFailure, LiveFeed, LiveInfo, LiveInput, LiveRequest, LiveSender, SoundMessage,
};
use shoki_core::access::Actor;
use shoki_core::id::{DepartmentId, LiveId};
use shoki_core::live::{LiveEvent, LiveNow, NumberedEvent};
use shoki_core::transcript::SegmentId;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// A service whose sessions have ended for whoever follows them as soon as they are opened; sound is taken all the
/// same.
pub fn start() -> LiveSender {
    let (sender, mut requests) = LiveSender::channel(16);
    tokio::spawn(async move {
        let mut sessions = HashMap::new();
        while let Some(request) = requests.recv().await {
            answer(&mut sessions, request);
        }
    });
    sender
}

type Sessions = HashMap<LiveId, (DepartmentId, LiveInfo)>;

fn answer(sessions: &mut Sessions, LiveRequest { actor, command, .. }: LiveRequest) {
    match command {
        LiveCommand::Open {
            options,
            codec,
            reply,
        } => {
            let info = LiveInfo {
                id: LiveId::generate(),
                title: options.title,
                codec,
                opened_by: actor.user,
                opened_at: Timestamp::now(),
                resume_from: 0,
                now: LiveNow::default(),
            };
            sessions.insert(info.id, (actor.department, info.clone()));
            drop(reply.send(Ok(info)));
        }
        LiveCommand::List { reply } => {
            let own = sessions.values().filter(|(of, _)| *of == actor.department);
            drop(reply.send(Ok(own.map(|(_, info)| info.clone()).collect())));
        }
        LiveCommand::Show { session, reply } => drop(reply.send(find(sessions, &actor, session))),
        LiveCommand::Attach { session, reply } => {
            let found = find(sessions, &actor, session);
            drop(reply.send(found.map(|_| input())));
        }
        LiveCommand::Follow { session, reply, .. } => {
            let feed = |_| LiveFeed {
                events: vec![NumberedEvent {
                    number: 1,
                    event: LiveEvent::Ended { job: None },
                }],
                now: watch::channel(LiveNow::default()).1,
            };
            drop(reply.send(find(sessions, &actor, session).map(feed)));
        }
        LiveCommand::Correct {
            session,
            segment,
            text,
            reply,
        } => {
            let corrected = |_| {
                let event = LiveEvent::Correction {
                    segment,
                    text,
                    by: actor.user,
                    at: Timestamp::now(),
                };
                NumberedEvent { number: 1, event }
            };
            let found = find(sessions, &actor, session).map(corrected);
            let is_there = segment == SegmentId(1);
            drop(reply.send(if is_there {
                found
            } else {
                Err(LiveFailure::NotFound)
            }));
        }
        LiveCommand::End { session, reply } => {
            drop(reply.send(find(sessions, &actor, session).map(|_| None)));
        }
    }
}

/// A microphone's end that takes everything and calls it safe.
fn input() -> LiveInput {
    let (sound, mut sent) = mpsc::channel::<SoundMessage>(8);
    let (safe, durable) = watch::channel(Durable::default());
    tokio::spawn(async move {
        while let Some(message) = sent.recv().await {
            let next = message.sequence + 1;
            safe.send_replace(Durable { next, failed: None });
        }
    });
    LiveInput {
        sound,
        durable,
        replaced: CancellationToken::new(),
        attached: CancellationToken::new().drop_guard(),
    }
}

fn find(sessions: &Sessions, actor: &Actor, id: LiveId) -> Result<LiveInfo, LiveFailure> {
    let own = |(of, _): &&(DepartmentId, LiveInfo)| *of == actor.department;
    let found = sessions.get(&id).filter(own);
    found.map(|(_, info)| info.clone()).ok_or(LiveFailure::NotFound)
}
