internal import Domain
internal import Logging

extension Assembly {
    /// Those whose reports of leaked API keys are taken, if there are any.
    func leakReporters(_ logger: Logger) -> LeakReporters? {
        guard let place = installation.settings.leakKeys else { return nil }
        return LeakReporters(world: installation.world) {
            do throws(CommandFailure) {
                return try Document.fetch(place)
            } catch {
                logger.error("cannot fetch the keys of leak reporters", metadata: ["cause": "\(error.message)"])
                return nil
            }
        }
    }
}
