internal import Domain

/// One batch of issue commands: decided here from what is known, carried out by the database if that still holds.
///
/// The rules are those of SQLite's batch, command by command in their order. But nothing is locked while this side
/// thinks: the database is told the result and what it rests on, and does all of it or nothing. So a node that freezes
/// in the middle holds up nobody, and a batch takes one round trip.
struct IssueBatch {
    /// A user that the batch is about, once however many commands there are.
    struct Person {
        let tenant: Tenant.ID
        let id: User.ID
        /// What is or will be stored.
        var user: User?
        var isDeactivated = false
        /// Pairs of this batch; none: nothing is written.
        var pairs: Int64 = 0
        /// Fields that are to stay as stored: bits 1 name, 2 image, 4 custom.
        var kept: Int64 = 7
        var moment = Timestamp(milliseconds: 0)
    }

    /// A tenant's month that the batch counts in.
    struct Tally {
        let tenant: Tenant.ID
        let month: Month
        /// Pairs counted before, as far as known; pairs of this batch.
        var stored: Int64 = 0, pairs: Int64 = 0
        /// The most that may have been counted before.
        var most = Int64.max
        /// The quota that only counts; nil: it refuses.
        var shadowQuota: Int64?
    }

    /// A tenant's day and API key that the batch counts in.
    struct KeyTally {
        let tenant: Tenant.ID
        let day: Day
        let apiKey: APIKey.ID
        /// Pairs of this batch.
        var pairs: Int64 = 0

        func isFor(_ command: IssueCommand) -> Bool {
            apiKey == command.apiKey && tenant == command.tenant && day == command.day
        }
    }

    let commands: [IssueCommand]
    /// For each command the places of its person and of its tallies.
    let places: [Places]

    struct Places {
        var person = 0, tally = 0, keyTally = 0
    }

    /// Both in ascending order of tenants, so that two batches lock in the same order.
    private(set) var people: [Person]
    private(set) var tallies: [Tally]
    private(set) var keyTallies: [KeyTally]

    init(_ commands: [IssueCommand]) {
        self.commands = commands
        let sorted = commands.indices.sorted { commands[$0].precedes(commands[$1]) }
        var places = [Places](repeating: Places(), count: commands.count)
        var people: [Person] = []
        people.reserveCapacity(commands.count)
        var tallies: [Tally] = []
        var keyTallies: [KeyTally] = []
        for index in sorted {
            let command = commands[index]
            if people.last?.tenant != command.tenant || people.last?.id != command.change.id {
                people.append(Person(tenant: command.tenant, id: command.change.id))
            }
            places[index].person = people.count - 1
            // The sorting put a tenant's tallies, rarely more than one, at the end.
            var tally = tallies.count - 1
            while tally >= 0, tallies[tally].tenant == command.tenant, tallies[tally].month != command.month {
                tally -= 1
            }
            if tally < 0 || tallies[tally].tenant != command.tenant {
                tally = tallies.count
                tallies.append(Tally(tenant: command.tenant, month: command.month))
            }
            places[index].tally = tally
            // Of these too a tenant rarely has more than one, at the end.
            var key = keyTallies.count - 1
            while key >= 0, keyTallies[key].tenant == command.tenant, !keyTallies[key].isFor(command) { key -= 1 }
            if key < 0 || keyTallies[key].tenant != command.tenant {
                key = keyTallies.count
                keyTallies.append(KeyTally(tenant: command.tenant, day: command.day, apiKey: command.apiKey))
            }
            places[index].keyTally = key
        }
        self.places = places
        self.people = people
        self.tallies = tallies
        self.keyTallies = keyTallies
    }

    /// Whether every command says all of its user, so that nothing of what is stored is needed.
    var isWhole: Bool {
        commands.allSatisfy { command in
            // Matched, not compared: `==` of a generic enum costs more.
            if case .keep = command.change.name { return false }
            if case .keep = command.change.image { return false }
            if case .keep = command.change.custom { return false }
            return true
        }
    }

    /// Decides every command in order; what is not known is taken to be no hindrance.
    mutating func decide(_ known: Knowledge?) -> [IssueOutcome] {
        for index in people.indices {
            people[index].user = known?.users[index]?.user
            people[index].isDeactivated = known?.users[index]?.isDeactivated ?? false
            people[index].pairs = 0
            people[index].kept = 7
        }
        for index in tallies.indices {
            tallies[index].stored = known?.pairs[index] ?? 0
            tallies[index].pairs = 0
            tallies[index].most = .max
        }
        for index in keyTallies.indices { keyTallies[index].pairs = 0 }
        return commands.indices.map { index in
            decide(commands[index], places[index], isKnown: known != nil)
        }
    }

    /// What was decided, corrected for those whom the database turned out to hold as deactivated.
    func outcomes(_ decided: [IssueOutcome], refused: Set<Int>) -> [IssueOutcome] {
        guard !refused.isEmpty else { return decided }
        return decided.indices.map { index in
            refused.contains(places[index].person) ? .userDeactivated : decided[index]
        }
    }

    private mutating func decide(
        _ command: IssueCommand, _ place: Places, isKnown: Bool
    ) -> IssueOutcome {
        guard !people[place.person].isDeactivated else { return .userDeactivated }
        let user = command.change.applied(to: people[place.person].user)
        guard command.draft.admits(user) else { return .tokenTooLarge }
        guard tallies[place.tally].count(command.quotas, isKnown: isKnown) else { return .quotaExceeded }
        keyTallies[place.keyTally].pairs += 1
        people[place.person].become(user, by: command.change, at: command.at)
        return .issued(user)
    }
}

extension IssueBatch.Person {
    fileprivate mutating func become(_ user: User, by change: UserChange, at moment: Timestamp) {
        self.user = user
        self.moment = moment
        pairs += 1
        if case .keep = change.name {} else { kept &= ~1 }
        if case .keep = change.image {} else { kept &= ~2 }
        if case .keep = change.custom {} else { kept &= ~4 }
    }
}

extension IssueBatch.Tally {
    /// Counts one pair; false where the quota is known to be used up.
    fileprivate mutating func count(_ quotas: (enforced: Int64, shadowed: Int64?), isKnown: Bool) -> Bool {
        if isKnown, stored + pairs >= quotas.enforced { return false }
        pairs += 1
        most = min(most, quotas.enforced - pairs)
        shadowQuota = quotas.shadowed
        return true
    }
}
