package import Tokens

extension Account {
    /// The account without its password, as the API shows it.
    package var json: JSON {
        ["id": JSON(id.text), "email": JSON(email.text), "createdAt": JSON(createdAt.description)]
    }
}

extension Membership {
    /// The tenant and what the account is to it.
    package var json: JSON {
        [
            "tenant": JSON(tenant.text), "name": JSON(name), "status": JSON(status.rawValue),
            "role": JSON(role.rawValue),
        ]
    }
}

extension Member {
    /// The member as its tenant sees it.
    package var json: JSON {
        [
            "account": JSON(account.text), "email": JSON(email.text), "role": JSON(role.rawValue),
            "joinedAt": JSON(joinedAt.description),
        ]
    }
}

extension Invitation {
    /// The members by which the API shows an invitation; its token is not among them.
    package var members: [(name: String, value: JSON)] {
        [
            ("id", JSON(id.text)), ("tenant", JSON(tenant.text)), ("role", JSON(role.rawValue)),
            ("email", JSON(optional: email?.text)), ("invitedBy", JSON(invitedBy)),
            ("createdAt", JSON(createdAt.description)), ("expiresAt", JSON(expiresAt.description)),
        ]
    }
}

extension Session {
    /// The session as its account sees it.
    package func json(isCurrent: Bool) -> JSON {
        [
            "id": JSON(id.text), "current": JSON(isCurrent), "createdAt": JSON(createdAt.description),
            "lastSeenAt": JSON(lastSeenAt.description), "expiresAt": JSON(expiresAt.description),
            "address": JSON(optional: address), "userAgent": JSON(optional: userAgent),
        ]
    }
}

extension Session.Holder {
    /// The account and its tenants.
    package var members: [(name: String, value: JSON)] {
        [("account", account.json), ("memberships", JSON(memberships.map(\.json)))]
    }
}
