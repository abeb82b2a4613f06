extension Directory {
    /// The limits of one request of the caller, and of its user where it is known; nil for a key of the operator.
    package func spending(of caller: Caller, for user: User.ID? = nil) -> Spending? {
        caller.tenant.map { state in
            let ofUser = user.flatMap { user in
                state.userLimit.map { limit in
                    Allowance(.user(user), limit: limit, limiter: userLimiters.limiter(state.tenant.id, user))
                }
            }
            return Spending(
                tenant: state.tenant.id, ofTenant: state.allowance,
                ofKey: caller.held.allowance(within: state.keyLimit), ofUser: ofUser,
                shadow: state.tenant.shadow)
        }
    }

    /// The limits of one refresh: each grant has a limit of its own, on the terms of the user's.
    package func spending(of state: TenantState, refreshing grant: Grant.ID) -> Spending {
        let ofGrant = state.userLimit.map { limit in
            Allowance(.grant(grant), limit: limit, limiter: userLimiters.limiter(state.tenant.id, grant))
        }
        return Spending(
            tenant: state.tenant.id, ofTenant: state.allowance, ofUser: ofGrant, shadow: state.tenant.shadow)
    }
}
