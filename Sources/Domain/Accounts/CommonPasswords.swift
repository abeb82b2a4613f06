/// What people choose when they have to choose something, and what attackers therefore try first.
///
/// A short list that goes with the program; it stands for the millions of spellings that lists of leaked passwords
/// have, since everything is reduced to its word before it is looked up: case, digits and signs before and behind it,
/// and the usual signs instead of letters do not make another password of it.
enum CommonPasswords {
    /// Whether a password, in lower case, is one of them or close to one.
    static func contain(_ folded: String) -> Bool {
        spellings.contains(folded) || isRepetition(folded) || isRun(folded)
            || [core(folded), plain(core(folded)), core(plain(folded))].contains { core in
                folded.count - core.count <= mostFiller && words.contains(core)
            }
    }

    /// A word with more than a date around it is more than the word.
    private static let mostFiller = 8

    /// The text without what is not a letter before and behind it.
    private static func core(_ text: String) -> String {
        let isFiller: (Character) -> Bool = { !$0.isLetter }
        return String(text.drop(while: isFiller).reversed().drop(while: isFiller).reversed())
    }

    /// The text with letters for the signs that are written instead of them.
    private static func plain(_ text: String) -> String {
        String(text.map { signs[$0] ?? $0 })
    }

    /// Whether the text is one piece of at most half its length, over and over, that is short or a word.
    private static func isRepetition(_ text: String) -> Bool {
        let characters = Array(text)
        guard characters.count >= 2 else { return false }
        return (1...max(1, characters.count / 2)).contains { length in
            characters.indices.allSatisfy { characters[$0] == characters[$0 % length] }
                && (length <= 4 || words.contains(core(String(characters[..<length]))))
        }
    }

    /// Whether each character follows the one before it, up or down, in the alphabet, the digits or a row of keys.
    private static func isRun(_ text: String) -> Bool {
        rows.contains { row in row.contains(text) || String(row.reversed()).contains(text) }
    }

    private static let rows = [
        "abcdefghijklmnopqrstuvwxyz", "0123456789012345678901234567890123456789", "qwertyuiopasdfghjklzxcvbnm",
        "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "1234567890qwertyuiopasdfghjklzxcvbnm",
    ]

    private static let signs: [Character: Character] = [
        "@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "$": "s", "5": "s", "7": "t", "+": "t", "8": "b",
    ]

    private static let words = Set(wordText.split(whereSeparator: \.isWhitespace).map(String.init))
    private static let spellings = Set(spellingText.split(whereSeparator: \.isWhitespace).map(String.init))

    private static let spellingText = """
        00000000 01234567 0123456789 0987654321 10203040 1020304050 1029384756 11111111 11111111a 11223344 1122334455
        112233445566 12121212 123123123 12341234 12344321 123456123456 12345678 123456789 1234567890 123456abc
        123456qwerty 12345abc 12345qwert 1234abcd 1234pass 1234qwer 123654789 123abc456 123qweasd 123qweasdzxc 13579246
        147258369 147852369 147896325 159357258 159753456 18436572 19191919 1a2b3c4d 1q2w3e 1q2w3e4r 1q2w3e4r5t
        1q2w3e4r5t6y 1qa2ws3ed 1qaz1qaz 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 20202020 27182818 31415926 314159265 321654987
        55667788 66778899 741258963 741852963 789456123 852963741 87654321 88888888 963852741 987654321 9876543210
        99999999 a1111111 a123456789 a1b2c3d4 a1b2c3d4e5 aa123456 aaaa1111 aaaaaaa1 abc12345 abc123456 abcd1234
        asd123asd asdf1234 blink182 letmein1 ncc1701d pass1234 q1234567 q1w2e3r4 q1w2e3r4t5 qwe123456 qwe123qwe qwer1234
        qwerty12 trustno1 z1234567 zaq12wsx zaq1xsw2 zaq1zaq1 zxcv1234
        """

    private static let wordText = """
        abc abcd abcde abcdef abcdefg abcdefgh abcdefghi abracadabra access admin administrator airforce alejandro
        alexander alexandra alexis alpha always amanda america american andrea andrew android angel angelina angels
        answer anthony antidisestablishmentarianism antonio anything apollo apple april army arsenal asdasd asdf asdfgh
        asdfghjkl asdqwe ashley assassin asshole athena august austin australia autumn awesome azerty azertyuiop baby
        babyboy babygirl banana barbara barbie barcelona baseball basketball batman bayern beach bear beatles beatriz
        beautiful because beckham benjamin berlin bestfriend bienvenue biteme black blackberry blackjack blessed
        blink182 bonjour boston brandon brandy brasil bravo brother bullshit business butter butterfly california
        callofduty camaro canada candy carolina casino catherine cats champion changeit changeme changethis charles
        charlie chat chatsdk chattokens cheese cheetah chelsea cherry chicago chicken children chocolate christ
        christian christina christine christopher church cisco claudia cocacola coffee company computer contrasena
        cookie cookies correcthorsebatterystaple corvette counterstrike cowboys cricket cristina crystal cupcake cutie
        cutiepie cyber daddy dallas daniel daniela danielle darling database daughter december default delta demo
        deutschland diamond digital disney dogs dollar dollars dolphin donald dortmund dragon drummer ducati eagle
        eagles edcrfv eduardo einstein elephant elizabeth emerald eminem england enter entrar everything facebook faith
        falcon family fantastic father february fernando ferrari fishing florida flower flowers foobar foobarbaz
        football forever fortnite france francisco freedom friday friend friends friendship frodo fuckme fuckoff fuckyou
        gabriel gabriela gamer games gaming gamma gandalf garden garfield george germany ginger godisgood golden golf
        goodbye google gorgeous gorilla grace grandma grandpa green greenday guest guitar gustavo hacker hacking hallo
        hannah happiness happy harley harleydavidson harrypotter haslo hawk heather heaven hello helloworld hercules
        hermione hobbit hockey hogwarts hola honda honey horse horses hotgirl hottie hunter hunting ilovegod ilovejesus
        iloveme iloveyou incorrect india instagram internet iphone ironman island jackson jaguar james january jasmine
        jennifer jessica jesus jesuschrist johnson jonathan jordan joshua july june junior jupiter justin juventus
        karina kawasaki kevin killer king kitten kitty knight lakers laptop laura lauren lemon leonardo letmein
        letmeinnow liberty linkedin linkinpark linux lion liverpool lkjhgfdsa login logon loki london loremipsum love
        lovely loveme lover lovers loveyou lozinka lucky luckyone macintosh maggie manager manchester mango march marcus
        margaret maria marina marines mario martin martina master matrix matthew melissa mercedes mercury messi
        metallica mexico michael michaela michelle mickey microsoft military million millionaire minecraft minnie
        mississippi mnbvcxz mommy monday money monica monkey moonlight motdepasse mother music musical mustang
        mypassword mysql naruto natalie natasha navy network newpassword newton newyork neymar nicholas nicolas nicole
        ninja nintendo nirvana nissan nobody nokia nopassword nothing november number numberone ocean october odin
        office oldpassword oliver olivia omega one opensesame oracle orange packers pamela panda panther paris parola
        pass passw0rd passwd password password1 passwordpassword passwort patricia patrick peace peaches peanut penguin
        pepper perfect peter phoenix pianist pikachu pirate pizza player playstation poiuyt poiuytrewq pokemon poker
        police porsche postgres predator prince princess private problem pumpkin puppy purple qazwsx qazwsxedc qscwdv
        queen question qwaszx qweasd qweasdzxc qweqwe qwer qwerty qwertyuiop qwertz qwertzuiop rabbit rachel racing
        rafael raiders rainbow realmadrid rebecca redsox rfvtgb ricardo rich richard robert roberto roblox rocknroll
        rockstar ronaldinho ronaldo root rose ruby rugby salasana samantha samsung samuel samurai sandra sapphire
        saturday saturn scooby scorpion sebastian secret security senha september server service sexy sexygirl shadow
        shark silver silvia simpson simpsons sister skateboard skywalker slayer slipknot smile smiley smith snake sniper
        snoopy snowboard soccer soldier somebody something sonic sophie sparky spider spiderman spongebob sports spring
        starcraft starlight startfinish startrek starwars steelers stella stephanie stephen steven strawberry success
        sugar summer sunday sunshine supercalifragilisticexpialidocious superman support surfing suzuki sweetheart
        sweetie sweets swimming system taylor temp temporary tennis terminator test tester testing texas
        thisismypassword thomas thompson thor thursday tiger tigger tinkerbell together token tokens topsecret toyota
        trustno tuesday turtle twitter tyler ubuntu user vader valentina vanessa veronica victoria victory viking
        vincent voldemort wachtwoord warcraft warrior website wednesday welcome whale whatever white william williams
        willkommen windows winner winter wireless wolf wolverine wonderful wrestling wsxedc yamaha yankees yellow yoda
        yourpassword youtube zachary zelda zeus zxcvbn zxcvbnm zxczxc
        """
}
