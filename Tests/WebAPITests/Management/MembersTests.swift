import Domain
import Testing
import Tokens

@Suite("/admin/members and /admin/invitations")
struct MembersTests {
    @Test("an invitation makes one member, by a new account or one that is there, and works once")
    func invitation() async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let owner = try server.session("ann@acme.example", [(acme, .owner)]).token
            let made = try await server.answer(
                .bearer("POST", "/admin/invitations", owner, #"{"role":"admin","email":"Bob@Acme.example"}"#))
            let token = try #require(try made.json["token"]?.string)
            #expect(
                try made.status == 201
                    && made.json["link"]?.string == "https://chat.example/dashboard/invitation#\(token)")
            let list = try await server.answer(.bearer("GET", "/admin/invitations", owner))
            #expect(try list.json["invitations"]?.array?.count == 1)
            #expect(!list.text.contains(token), "the token is shown once")

            func accept(_ email: String) -> Ask {
                .post(
                    "/auth/invitations/accept", key: nil,
                    #"{"token":"\#(token)","email":"\#(email)","password":"\#(TestServer.password)"}"#)
            }
            #expect(try await server.answer(accept("eve@acme.example")).code == "invalid_state", "for Bob alone")
            let accepted = try await server.answer(accept("bob@acme.example"))
            #expect(try accepted.status == 201 && accepted.json["role"]?.string == "admin")
            let bob = try #require(try accepted.json["session"]?["token"]?.string)
            #expect(try await server.answer(.bearer("GET", "/admin/keys", bob)).status == 200)
            #expect(try await server.answer(accept("bob@acme.example")).code == "invalid_state")
            let left = try await server.answer(.bearer("GET", "/admin/invitations", owner))
            #expect(try left.json["invitations"]?.array?.isEmpty == true)

            let umbrella = try server.addTenant("umbrella")
            let second = try server.members.invite(
                to: umbrella, as: .viewer, email: nil, expiresIn: nil, by: .commandLine)
            let joined = try await server.answer(
                .bearer("POST", "/auth/invitations/accept", bob, #"{"token":"\#(second.token)"}"#))
            #expect(try joined.status == 200 && joined.json["tenant"]?.string == "umbrella")
            #expect(try server.members.list(umbrella).map(\.role) == [.viewer])
        }
    }

    @Test("one that has expired or was withdrawn is worth nothing, and one for a member is kept")
    func unusable() async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let owner = try server.session("ann@acme.example", [(acme, .owner)])
            let bob = try server.session("bob@acme.example").token
            func accept(_ issued: ManageMembers.Issued, as session: String) async throws -> HTTPAnswer {
                try await server.answer(
                    .bearer("POST", "/auth/invitations/accept", session, #"{"token":"\#(issued.token)"}"#))
            }
            func invite(_ seconds: Int64) throws -> ManageMembers.Issued {
                try server.members.invite(to: acme, as: .viewer, email: nil, expiresIn: seconds, by: .commandLine)
            }
            let withdrawn = try invite(60)
            let path = "/admin/invitations/\(withdrawn.invitation.id)"
            #expect(try await server.answer(.bearer("DELETE", path, owner.token)).status == 204)
            #expect(try await accept(withdrawn, as: bob).code == "invalid_state")
            let short = try invite(60)
            #expect(try await accept(short, as: owner.token).status == 409, "she is a member already")
            server.clock.advance(milliseconds: 60_000)
            #expect(try await accept(short, as: bob).code == "invalid_state")
            #expect(try await accept(try invite(60), as: bob).status == 200)
        }
    }

    @Test("roles are changed and members removed, by owners alone; the last owner stays")
    func roles() async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let ann = try server.session("ann@acme.example", [(acme, .owner)])
            let bob = try server.session("bob@acme.example", [(acme, .viewer)])
            let (path, own) = ("/admin/members/\(bob.holder.account.id)", "/admin/members/\(ann.holder.account.id)")
            let mine = "/auth/memberships/acme"
            for ask in [
                Ask.bearer("PATCH", own, ann.token, #"{"role":"admin"}"#), .bearer("DELETE", own, ann.token),
                .bearer("DELETE", mine, ann.token),
            ] {
                let answer = try await server.answer(ask)
                #expect(answer.status == 422 && answer.code == "invalid_state", "\(ask.method) \(ask.path)")
            }
            #expect(try await server.answer(.bearer("PATCH", own, bob.token, #"{"role":"viewer"}"#)).status == 403)
            let raised = try await server.answer(.bearer("PATCH", path, ann.token, #"{"role":"owner"}"#))
            #expect(try raised.status == 200 && raised.json["role"]?.string == "owner")
            #expect(try await server.answer(.bearer("DELETE", mine, ann.token)).status == 204)
            #expect(try await server.answer(.bearer("GET", "/admin/members", ann.token)).code == "access_denied")
            #expect(try await server.answer(.bearer("DELETE", mine, ann.token)).status == 404)
            #expect(try server.members.list(acme).map(\.email.text) == ["bob@acme.example"])
        }
    }

    @Test("members of a suspended tenant are refused, those of a deleted one are none")
    func status() async throws {
        try await withServer { server in
            let acme = try server.addTenant()
            let ann = try server.session("ann@acme.example", [(acme, .owner)]).token
            _ = try server.tenants.suspend(acme)
            #expect(try await server.answer(.bearer("GET", "/admin/tenant", ann)).code == "tenant_suspended")
            _ = try server.tenants.delete(acme)
            #expect(try await server.answer(.bearer("GET", "/admin/tenant", ann)).code == "access_denied")
            let me = try await server.answer(.bearer("GET", "/auth/me", ann))
            #expect(try me.json["memberships"]?.array?.isEmpty == true)
        }
    }
}
