internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import Tokens

/// `GET /.well-known/oauth-authorization-server/t/{tenant}`: what RFC 8414 §2 demands and is true of this server.
struct DiscoveryEndpoint: Sendable {
    let service: HotService

    func answer(_ request: Request, _ context: MainContext) async throws -> Response {
        guard let id = context.parameters.get("tenant").flatMap(Tenant.ID.init) else { throw Failure.notFound }
        let state = try await service.tenant(id, on: context.loop)
        guard let state else { throw Failure.notFound }
        let issuer = String(decoding: state.issuer, as: UTF8.self)
        var response = HotResponse(status: 200)
        response.fields.append(text: "Content-Type: application/json\r\nCache-Control: public, max-age=300\r\n")
        response.body.append(text: "{\"issuer\":")
        response.body.append(json: issuer)
        response.body.append(text: ",\"jwks_uri\":")
        response.body.append(json: issuer + "/.well-known/jwks.json")
        response.body.append(text: ",\"introspection_endpoint\":")
        response.body.append(json: service.directory.deployment.publicURL + "/oauth2/introspect")
        // That an API key may also come as X-API-Key has no name in the registry of RFC 8414 §7.1.
        response.body.append(text: ",\"revocation_endpoint\":")
        response.body.append(json: service.directory.deployment.publicURL + "/oauth2/revoke")
        response.body.append(text: ",\"revocation_endpoint_auth_methods_supported\":[\"client_secret_basic\"]")
        response.body.append(text: ",\"introspection_endpoint_auth_methods_supported\":[\"client_secret_basic\"]")
        if let algorithm = state.ring.active?.algorithm {
            response.body.append(string: ",\"introspection_signing_alg_values_supported\":[\"\(algorithm.rawValue)\"]")
        }
        response.body.append(text: ",\"response_types_supported\":[],\"grant_types_supported\":[]}")
        return response.converted()
    }
}
