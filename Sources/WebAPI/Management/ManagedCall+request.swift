internal import Domain
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Tokens

extension ManagedCall {
    /// The most bytes a body may have.
    static let bodyLimit = 64 * 1_024

    /// The members of the body, which must be a JSON object.
    func fields() async throws -> JSONFields {
        guard HotHeaders(request).isJSON else { throw Failure.unsupportedMediaType }
        let body = try await request.wholeBody(limit: Self.bodyLimit)
        return JSONFields(try JSON.read(body))
    }

    /// The members of the body; no body at all is an empty object.
    func optionalFields() async throws -> JSONFields {
        if request.headers[.contentType] != nil { return try await fields() }
        guard try await request.wholeBody(limit: Self.bodyLimit).readableBytes == 0 else {
            throw Failure.unsupportedMediaType
        }
        return JSONFields([:])
    }

    /// A part of the path as an identifier; what cannot be one does not exist.
    func parameter<ID>(_ name: String, _ make: (String) -> ID?) throws(Failure) -> ID {
        guard let id = context.parameters.get(name).flatMap(make) else { throw .notFound }
        return id
    }

    /// The parameters of the query, each at most once and none but these.
    func query(_ names: String...) throws(Failure) -> [String: String] {
        var values: [String: String] = [:]
        for (name, value) in request.uri.queryParameters {
            guard names.contains(String(name)) else {
                throw Self.unacceptable(String(name), "is not a known parameter")
            }
            guard values.updateValue(String(value), forKey: String(name)) == nil else {
                throw Self.unacceptable(String(name), "must be given once")
            }
        }
        return values
    }

    /// One complaint about a field or parameter.
    static func unacceptable(_ field: String, _ detail: String) -> Failure {
        .invalidRequest(Failure.unacceptable, [Failure.Field(field, detail)])
    }

    /// Who calls, and from where, for the record.
    var origin: AuditOrigin {
        AuditOrigin(actor: actor, address: context.client?.description, requestID: context.requestID)
    }

    /// Who calls, for the record.
    var actor: String {
        switch principal {
        case .key(let key): "\(key.owner.tenant == nil ? "operator key" : "key") \(key.id)"
        case .session(let holder): holder.account.auditTarget
        case .anyone: "anonymous"
        }
    }
}

extension HotResponse {
    /// A JSON document that nobody may keep.
    init(_ json: JSON, status: Int = 200) {
        self.init(status: status)
        fields.append(text: "Content-Type: application/json\r\nCache-Control: no-store\r\n")
        body = json.compactBytes()
    }
}
