internal import Tokens

extension AuditVerification {
    private static let entryStart = Array("{\"entry\":".utf8)
    private static let hashStart = Array(",\"hash\":\"".utf8), previousStart = Array("\",\"previous\":\"".utf8)
    private static let end = Array("\"}".utf8)
    private static let tail = hashStart.count + 64 + previousStart.count + 64 + end.count

    mutating func read(_ line: [UInt8]) throws(Fault) {
        if line.starts(with: Self.entryStart) { return try readEntry(line) }
        guard let members = try? JSON.parse(line.span, maximumDepth: 4).members, members.count == 1,
            let statement = members[0].value.string
        else { throw Fault("is no line of an export of the audit log") }
        switch members[0].name {
        case "checkpoint": try readCheckpoint(statement)
        case "seal": try readSeal(statement)
        default: throw Fault("is no line of an export of the audit log")
        }
    }

    private mutating func readEntry(_ line: [UInt8]) throws(Fault) {
        let tail = line.suffix(Self.tail)
        let hashes = tail.dropFirst(Self.hashStart.count)
        guard line.count > Self.entryStart.count + Self.tail, tail.starts(with: Self.hashStart),
            tail.suffix(Self.end.count).elementsEqual(Self.end),
            hashes.dropFirst(64).starts(with: Self.previousStart),
            let hash = Digest(hex: hashes.prefix(64)),
            let previous = Digest(hex: hashes.dropFirst(64 + Self.previousStart.count).prefix(64))
        else { throw Fault("is no entry of an audit log") }
        let text = Array(line[Self.entryStart.count..<line.count - Self.tail])
        guard let entry = try? JSON.parse(text.span, maximumDepth: 32), entry.canonicalBytes() == text,
            let sequence = entry["sequence"]?.integer, let owner = entry["tenant"], owner.isNull || owner.string != nil
        else { throw Fault("has an entry that is not canonical JSON") }
        guard SHA256.digest((previous.bytes + text).span) == hash else {
            throw Fault("has another hash than its contents: the entry was changed", sequence)
        }
        try chain(Witness(tenant: owner.string, sequence: sequence, hash: hash), after: previous)
    }

    private mutating func chain(_ entry: Witness, after previous: Digest) throws(Fault) {
        let sequence = entry.sequence
        if let newest {
            guard entry.tenant == newest.tenant else {
                throw Fault("is of another chain than the line before", sequence)
            }
            guard sequence > newest.sequence else {
                throw Fault("stands after entry \(newest.sequence): lines were swapped or repeated", sequence)
            }
            guard sequence == newest.sequence + 1 else {
                let gap = newest.sequence + 1...sequence - 1
                throw Fault(
                    "stands where entry \(gap.lowerBound) should: \(gap.count) of the log are missing before it",
                    sequence)
            }
            guard previous == newest.hash else {
                throw Fault("does not follow the entry before it: that one was changed and hashed anew", sequence)
            }
        } else {
            guard sequence >= 1, sequence > 1 || previous == .zero else {
                throw Fault("is the first of its chain but follows another", sequence)
            }
            (tenant, first, firstPrevious) = (.some(entry.tenant), sequence, previous)
        }
        if let known = places.removeValue(forKey: sequence), known != entry.hash {
            throw Fault("is not the entry that was there before: the log was rewritten", sequence)
        }
        newest = entry
        entries += 1
    }
}

// MARK: - Statements

extension AuditVerification {
    private mutating func readCheckpoint(_ statement: String) throws(Fault) {
        let claims = try claims(of: statement, as: AuditStatement.checkpoint)
        guard let sequence = claims["sequence"]?.integer else { throw Fault("has a checkpoint that tells nothing") }
        guard let newest, sequence == newest.sequence, claims["tenant"]?.string == newest.tenant else {
            throw Fault("has a checkpoint of another entry than that before it", sequence)
        }
        guard claims["hash"]?.string == newest.hash.hex else {
            throw Fault("has a checkpoint that was signed for another entry: the log was rewritten", sequence)
        }
        checkpoints += 1
    }

    private mutating func readSeal(_ statement: String) throws(Fault) {
        let claims = try claims(of: statement, as: AuditStatement.export)
        guard claims["count"]?.integer == entries, claims["first"]?.integer == first ?? 0,
            claims["last"]?.integer == newest?.sequence ?? 0
        else { throw Fault("seals other entries than those before it: some are missing", newest?.sequence) }
        guard claims["hash"]?.string == newest?.hash.hex, claims["previous"]?.string == firstPrevious?.hex,
            let owner = claims["tenant"], newest == nil || owner.string == newest?.tenant
        else { throw Fault("seals another log than that before it", newest?.sequence) }
        tenant = .some(owner.string)
        isSealed = true
    }

    private func claims(of statement: String, as typ: String) throws(Fault) -> JSON {
        var payload: [UInt8] = []
        let bytes = Array(statement.utf8)
        guard let token = try? UnverifiedToken(bytes.span, payload: &payload), token.typ == typ,
            let claims = try? JSON.parse(payload.span, maximumDepth: 4)
        else { throw Fault("has a statement that is not of this kind") }
        guard checksSignatures else { return claims }
        guard let key = keys.first(where: { $0.kid == token.kid && $0.algorithm == token.algorithm }) else {
            throw Fault("is signed by a key that was not given, \(token.kid)")
        }
        guard key.verify(bytes.span, token.segments) else { throw Fault("has a wrong signature") }
        return claims
    }
}
