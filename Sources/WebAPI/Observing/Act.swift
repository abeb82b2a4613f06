internal import Domain
internal import Hummingbird

/// An act of management that went well, as the log tells it.
struct Act {
    let route: ManagedRoute
    /// Who acted, under the name that the audit log has.
    let actor: String
    let tenant: Tenant.ID?
    /// What the path names, unless it is a user; the audit log, found by the request's identifier, tells the rest.
    let target: String?
    let requestID: String
}

extension ManagedRoute {
    /// Whether it changes what somebody manages: the audit log has an entry, and the log of the server a line.
    ///
    /// Profiles of users and receipts of verifiers come all the time, and by the thousand.
    var isAct: Bool {
        switch self {
        case .upsertUsers, .putUser, .changeUser, .acknowledgeRevocations: false
        default: method != "GET"
        }
    }
}

extension ManagedCall {
    /// The call as an act; by its end the route's parameter has been read.
    func act(_ route: ManagedRoute) -> Act {
        let parameter = route.template.split(separator: "{").dropFirst().first?.prefix { $0 != "}" }
        // An erased person leaves no identifier, in the log of the erasure least of all.
        let target = parameter.flatMap { $0 == "userId" ? nil : context.parameters.get(String($0)) }
        return Act(route: route, actor: actor, tenant: tenantIfAny, target: target, requestID: context.requestID)
    }
}
