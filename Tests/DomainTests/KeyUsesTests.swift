import Domain
import SQLiteStorage
import Testing

@Suite("Uses of API keys are counted in memory and stored now and then")
struct KeyUsesTests {
    private func used(_ house: House, _ text: String, times: Int) throws {
        let authenticate = Authenticate(directory: house.directory, world: house.world)
        for _ in 0..<times {
            while case .load(let want) = authenticate(text, needs: .verify) { try house.directory.load(want) }
        }
    }

    @Test("a flush stores every use once, also of a key that changed meanwhile")
    func flush() throws {
        let house = try House()
        let issued = try house.keys.create(for: .node, name: "gateway")
        try used(house, issued.text, times: 3)
        house.directory.apply([Change(sequence: 1, subject: .apiKey(issued.key.id))])
        try used(house, issued.text, times: 2)
        #expect(try house.storage.usage(of: .node).isEmpty, "nothing is written on the way")
        try house.directory.uses.flush(into: house.storage)
        try house.directory.uses.flush(into: house.storage)
        let usage = try house.keys.record(issued.key.id, of: .node).usage
        #expect(usage == APIKey.Usage(count: 5, lastUsedAt: house.world.now()))
        try used(house, issued.text, times: 1)
        try house.directory.uses.flush(into: house.storage)
        #expect(try house.keys.record(issued.key.id, of: .node).usage.count == 6)
    }

    @Test("a refused key is not counted")
    func refused() throws {
        let house = try House()
        let issued = try house.keys.create(for: .node, name: "gateway")
        let authenticate = Authenticate(directory: house.directory, world: house.world)
        for _ in 0..<3 {
            while case .load(let want) = authenticate(issued.text, needs: .issue) { try house.directory.load(want) }
        }
        try house.directory.uses.flush(into: house.storage)
        #expect(try house.storage.usage(of: .node).isEmpty)
    }
}
