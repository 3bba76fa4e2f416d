//! stub
pub struct ReadyEngines;
impl std::fmt::Debug for ReadyEngines {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}
impl ReadyEngines {
    pub async fn spawn_thread(
        &self,
        _: String,
    ) -> anyhow::Result<crate::worker::engine_thread::EngineSender> {
        Ok(crate::worker::engine_thread::EngineSender::channel().0)
    }
}
