extension Explanation {
    mutating func pass(_ subject: Check.Subject, _ detail: String) {
        checks.append(Check(subject: subject, result: .pass, code: nil, detail: detail))
    }

    mutating func warn(_ subject: Check.Subject, _ detail: String) {
        checks.append(Check(subject: subject, result: .warn, code: nil, detail: detail))
    }

    mutating func skip(_ subject: Check.Subject, _ detail: String) {
        checks.append(Check(subject: subject, result: .skip, code: nil, detail: detail))
    }

    mutating func fail(_ subject: Check.Subject, _ refusal: Verdict.Refusal, _ detail: String) {
        fail(subject, .refusal(refusal), detail)
    }

    mutating func fail(_ subject: Check.Subject, _ code: Code, _ detail: String) {
        checks.append(Check(subject: subject, result: .fail, code: code, detail: detail))
    }
}
