import Domain
import Testing
import WebAPI

/// The lines of openapi.yaml that this suite needs: what is indented under a key.
private struct Description {
    private let lines = OpenAPIDocument.text.split(separator: "\n").map(String.init)

    private func section(_ heading: String) -> [String] {
        guard let start = lines.firstIndex(of: heading) else { return [] }
        let indent = heading.prefix { $0 == " " }.count
        return Array(lines[(start + 1)...].prefix { $0.prefix { $0 == " " }.count > indent })
    }

    /// `METHOD path` of every operation.
    var routes: [String] {
        var path = ""
        var routes: [String] = []
        for line in section("paths:") {
            let indent = line.prefix { $0 == " " }.count
            let name = line.trimming(" :")
            if indent == 2 { path = name }
            if indent == 4, ["get", "post", "put", "patch", "delete"].contains(name) {
                routes.append("\(name.uppercased()) \(path)")
            }
        }
        return routes
    }

    /// The values of a schema that is an enumeration.
    func values(of schema: String) -> [String] {
        section("    \(schema):").filter { $0.hasPrefix("        - ") }.map { $0.trimming(" -") }
    }

    /// The status of each error code.
    var statuses: [(code: String, status: Int)] {
        section("x-error-codes:").compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 2).map { $0.trimming(" {") }
            guard parts.count == 3, parts[1] == "status" else { return nil }
            return (parts[0], Int(parts[2].prefix { $0.isNumber || $0 == " " }.trimming(" ")) ?? 0)
        }
    }
}

extension StringProtocol {
    /// The text without these characters at its ends.
    fileprivate func trimming(_ characters: String) -> String {
        let start = drop { characters.contains($0) }
        return String(start.reversed().drop { characters.contains($0) }.reversed())
    }
}

@Suite("The server and openapi.yaml say the same")
struct ContractTests {
    private let description = Description()

    @Test("routes")
    func routes() {
        #expect(Set(RouteTable.all.map { "\($0.method) \($0.template)" }) == Set(description.routes))
        #expect(RouteTable.all.count == description.routes.count && !description.routes.isEmpty)
    }

    @Test("error codes")
    func errorCodes() {
        #expect(description.values(of: "ErrorCode").sorted() == Failure.Code.allCases.map(\.rawValue).sorted())
    }

    @Test("verification codes")
    func verificationCodes() {
        #expect(
            description.values(of: "VerificationCode").sorted() == Verdict.Refusal.allCases.map(\.rawValue).sorted())
        #expect(description.values(of: "ExplanationCode").sorted() == Explanation.Code.allCases.map(\.text).sorted())
    }

    @Test("the status of each error code")
    func statuses() throws {
        #expect(description.statuses.count == Failure.Code.allCases.count)
        for (name, status) in description.statuses {
            let code = try #require(Failure.Code(rawValue: name))
            #expect(Problem(failure: ProblemTests.example(code)).status == status, "\(name)")
        }
    }

    @Test("every route of the description is answered by the server, and not with 404 or 405")
    func answered() async throws {
        try await withServer { server in
            try server.addTenant()
            for route in description.routes {
                let parts = route.split(separator: " ")
                let path = String(parts[1].replacing("{tenant}", with: "acme").filter { $0 != "{" && $0 != "}" })
                let answer = try await server.answer(Ask(String(parts[0]), path))
                #expect(answer.status != 404 && answer.status != 405, "\(route): \(answer.status)")
            }
        }
    }
}
