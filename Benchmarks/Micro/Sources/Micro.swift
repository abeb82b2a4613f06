import Domain
import Tokens

/// Runs one operation of the hot path as often as asked, for a counter of instructions to watch from outside.
///
/// `Micro <operation> <iterations>`; `Micro list` names the operations. `Micro revocations <number>` says what memory so
/// many revocations take, and what a look-up among them does.
@main
struct Micro {
    static func main() {
        let arguments = CommandLine.arguments
        if arguments.count == 2, arguments[1] == "list" {
            for operation in Operation.allCases { print(operation.rawValue) }
            return
        }
        if arguments.count == 3, arguments[1] == "revocations", let count = Int(arguments[2]), count > 0 {
            return RevocationSample.report(count)
        }
        guard arguments.count == 3, let operation = Operation(rawValue: arguments[1]),
            let iterations = Int(arguments[2]), iterations >= 0
        else {
            print("usage: Micro list | Micro <operation> <iterations> | Micro revocations <number>")
            return
        }
        let result = operation.run(iterations)
        // The result is printed so that no optimiser may drop the work.
        print(result)
    }
}
