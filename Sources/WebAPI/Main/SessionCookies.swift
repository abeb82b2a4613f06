internal import Domain
internal import HTTPTypes
internal import Hummingbird

/// The cookies of a deployment: the session, and the mark of a device that has logged in before.
///
/// `Secure` goes with every public URL but plain HTTP on the machine itself: there browsers would drop the cookie, and
/// nothing leaves the machine. With `Secure` the names begin with `__Host-`, so that no neighbouring host can set them.
struct SessionCookies: Sendable {
    /// `scheme://host[:port]` of the public URL, as browsers write it in `Origin`.
    let origin: String
    private let isSecure: Bool
    private let sessionName: String, deviceName: String

    /// Seconds for which a device is remembered (a year).
    private static let deviceLife: Int64 = 31_536_000

    init(publicURL: String) {
        let scheme = publicURL.prefix { $0 != ":" }.lowercased()
        let authority = publicURL.dropFirst(scheme.count + 3).prefix { $0 != "/" }
        // Browsers leave out the port that goes with the scheme.
        let usual = scheme == "https" ? ":443" : ":80"
        origin = "\(scheme)://\(authority.hasSuffix(usual) ? authority.dropLast(usual.count) : authority)".lowercased()
        isSecure = !(scheme == "http" && Self.isLoopback(authority))
        let prefix = isSecure ? "__Host-" : ""
        sessionName = prefix + "chat_session"
        deviceName = prefix + "chat_device"
    }

    /// The token of the session's cookie.
    func session(in request: Request) -> String? { value(of: sessionName, in: request) }
    /// The mark of the device.
    func device(in request: Request) -> String? { value(of: deviceName, in: request) }

    /// Has the browser keep a session.
    func set(session token: String, on response: inout HotResponse) {
        response.add("Set-Cookie", cookie(sessionName, token, seconds: Session.life))
    }

    /// Has the browser keep the mark that it has logged in.
    func set(device mark: String, on response: inout HotResponse) {
        response.add("Set-Cookie", cookie(deviceName, mark, seconds: Self.deviceLife))
    }

    /// Has the browser forget the session.
    func clearSession(on response: inout HotResponse) {
        response.add("Set-Cookie", cookie(sessionName, "", seconds: 0))
    }

    private func cookie(_ name: String, _ value: String, seconds: Int64) -> String {
        "\(name)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Lax\(isSecure ? "; Secure" : "")"
    }

    /// RFC 6265 §5.4; of several of one name the first counts.
    private func value(of name: String, in request: Request) -> String? {
        for field in request.headers[values: .cookie] {
            for pair in field.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                if pair.hasPrefix(name + "=") { return String(pair.dropFirst(name.count + 1)) }
            }
        }
        return nil
    }

    private static func isLoopback(_ authority: Substring) -> Bool {
        let host =
            authority.hasPrefix("[") ? authority.prefix { $0 != "]" }.dropFirst() : authority.prefix { $0 != ":" }
        return host.isSame(as: "localhost") || host == "::1" || host.hasPrefix("127.")
    }
}
