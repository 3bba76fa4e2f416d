//! The real service at a size: what it takes in, then questions at a fixed rate, quiet and beside other work.
//!
//! Promise: only the program's command line and its public API. Never: warm figures of a cold service (the
//! first seconds are not counted).

use std::path::PathBuf;
use std::time::Duration;

use super::service::Background;
use super::{Bench, Served, law_xml};
use crate::screen;

/// Laws that the service imports while it is asked.
const BACKGROUND_LAWS: usize = 20;

impl Bench<'_> {
    /// Asks the service.
    pub(super) async fn serve(&self) -> anyhow::Result<Served> {
        let filled = self.arguments.filled;
        let laws = self.fresh("laws")?;
        let (mut files, mut later) = (Vec::new(), Vec::new());
        let write = |number: usize, xml: String, files: &mut Vec<PathBuf>| -> anyhow::Result<()> {
            let file = laws.join(format!("bench-{number}_20240401_0.xml"));
            std::fs::write(&file, xml)?;
            files.push(file);
            Ok(())
        };
        let mut number = 0;
        if !filled {
            self.workload
                .texts(self.arguments.service, self.arguments.seed, |text| {
                    number += 1;
                    write(number, law_xml::law(&text, number), &mut files)
                })?;
        }
        let beside = self.arguments.service.min(2_000);
        self.workload.texts(beside, self.arguments.seed + 1, |mut text| {
            number += 1;
            if later.len() < BACKGROUND_LAWS {
                text.source.title = format!("別{number}{}", text.source.title);
                write(number, law_xml::law(&text, number), &mut later)?;
            }
            Ok(())
        })?;
        let (token, import, installation) = if filled {
            let installation = self.installation(self.work.join("service"));
            // Somebody new: a token is shown once, to the run that made it.
            let name = format!("bench-{}", std::process::id());
            (installation.person("clerk", &name)?, None, installation)
        } else {
            let installation = self.installation(self.fresh("service")?);
            let token = installation.people()?;
            let import = installation.import(&files)?;
            screen::line(format!(
                "the service took in {} passages: {:.1} s, {:.1} CPU s",
                self.arguments.service, import.wall_seconds, import.cpu_seconds
            ));
            (token, Some(import), installation)
        };
        let service = installation.serve(token).await?;
        let questions: Vec<String> = self.words()?.into_iter().map(|asked| asked.query).collect();
        let length = Duration::from_secs(self.arguments.seconds);
        let rate = self.arguments.rate;
        // The first questions find a cold cache; they are not what an office feels all day.
        service
            .window(&questions, rate, Duration::from_secs(5), None)
            .await?;
        let quiet = service.window(&questions, rate, length, None).await?;
        let background = Background {
            stack: self.repository.join("bench/samples/demo.pdf"),
            laws: later,
        };
        let busy = service
            .window(&questions, rate, length, Some(&background))
            .await?;
        Ok(Served {
            passages: self.arguments.service,
            rate,
            seconds: self.arguments.seconds,
            import,
            quiet,
            busy,
        })
    }
}
