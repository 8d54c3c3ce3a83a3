# The console in English. Fluent (projectfluent.org). Each key is in all three files, with the same variables.

frame-skip = Skip to content
frame-banner = Classification of this page
frame-navigation = Pages
frame-sign-out = Sign out
frame-keys = Keys
frame-close = Close
frame-waiting = { $count ->
    [one] { $count } waits
   *[other] { $count } wait
}
keys-next = next and previous in a list
keys-open = open it
keys-search = search
keys-theme = dark or light
keys-navigation = narrow or wide navigation
keys-these = these keys

page-desk = Desk
page-records = Records
page-new = New record
page-consent = Consent
page-agreements = Agreements
page-partner = View as partner
page-log = Log
page-node = Node

word-any = any
word-cancel = Cancel
word-party = Party
word-permit = PERMIT
word-deny = DENY
word-exercise = EXERCISE
word-test = TEST
word-actual = actual
word-ours = ours

banner-unread = A LABEL HERE CANNOT BE READ
banner-several = SEVERAL LABELS: EACH RECORD BEARS ITS OWN
banner-several-highest = { $level }: SEVERAL LABELS, EACH RECORD BEARS ITS OWN

gate-label = label
gate-label-meaning = What the originator's label allows
gate-cover = cover
gate-cover-meaning = Whether an agreement in force covers it
gate-provenance = provenance
gate-provenance-meaning = What those asked who provided it
gate-route = route
gate-route-meaning = Whether channel and purpose are allowed
gate-authority = authority
gate-authority-meaning = What this party's own rules say
cure-consent = Ask { $party } for consent
cure-approval = Approval of { $party }
cure-relabel = Another label by { $party }
decision-gates = The five gates
decision-would-permit = Would permit
decision-all = All reasons

sign-in-title = Sign in at { $party }
sign-in-name = Name
sign-in-password = Password
sign-in-code = Code
sign-in-code-hint = Six digits from your authenticator, if you have one set up
sign-in-go = Sign in

desk-waiting = Waits for a person
desk-nothing-waits = Nothing waits for you.
desk-arrivals = Latest records
desk-all-records = All records
desk-links = Partners
desk-no-partners = No partner yet. Add a party file under Node.
desk-backlog = Waiting
desk-oldest = Oldest
desk-clock = Clock
desk-alarms = Alarms
desk-no-alarms = No alarm.

records-search = Search
records-search-hint = id, title, subject, label
records-originator = Originator
records-status = Status
records-filter = Filter
records-clear = Show all
records-none = No records
records-none-sought = Nothing that you may see fits. Try fewer words.
records-none-yet = Nothing has arrived yet, and nothing was written here.
records-record = Record
records-label = Label
records-entered = Entered
records-choose = Choose a record to see it here.
records-more = Older

record-whole = Open
record-subjects = Subjects
record-custody = Received
record-created = Written
record-digest = SHA-256
record-content = Content
record-save = Save
record-no-preview = This kind of content is not shown here. Save it to open it.
record-why = Who may have it, and why
record-purpose = Purpose
record-ask-again = Ask
record-nobody = There is no other party to ask about.
record-release = Release
record-recall = Recall
record-who-has = Who has it
record-given-to-nobody = It was given to nobody from here.
record-feed = Feed
record-state = State

new-lead = What you write here becomes a record of this party: signed, immutable, under the label that you give it.
new-title = Title
new-id = Id
new-id-hint = Left empty, one is drawn. It travels with the record.
new-text = Text
new-file = Or a file
new-file-hint = The bytes are kept and sent exactly as they are.
new-label = Label
new-class = Class
new-release-to = Release to
new-label-text = Banner line
new-label-hint = Built from the choices above, or written by hand
new-subjects-hint = Words that agreements and need to know go by, separated by commas
new-channel = Channel
new-precedence = Precedence
new-to = Release it at once to
new-go = Keep and release
new-banner = The label in words
new-who = Who will see it
new-who-none = Fill in label, subjects and purpose to see who may have it.
new-preview-none = Fill in label, subjects and purpose to see who may have it.

released-record = Open the record
released-choose = Release under this

consent-lead = What partners ask of this party, and what it asks of them. A yes is a decided release, signed and kept by both.
consent-asked-of-us = Asked of us
consent-nobody-asks = Nobody asks anything of us.
consent-asked = Asked
consent-until = Until
consent-effect = What a yes would permit
consent-note = Authority, or a reason
consent-note-hint = Travels with the answer. A no needs none.
consent-yes = Yes, consent
consent-no = No
consent-asked-by-us = Asked by us
consent-we-ask-nobody = We have asked nobody.
consent-of = Of
consent-for = For
consent-standing = Standing consents
consent-no-standing = None is given or held.
consent-by = By
consent-holder = Holder
consent-max = Up to
consent-withdraw = Withdraw
consent-withdrawn = withdrawn

agreements-compare = Compare texts
agreements-whatif = What if …
agreements-matrix = Who may give whom up to which level
agreements-matrix-lead = Row gives to column, in force today
agreements-from-to = From \ to
agreements-nothing = nothing
agreements-texts = Texts
agreements-text = Agreement
agreements-force = Force
agreements-stands = How it stands
agreements-proposed = proposed
agreement-text = Text
agreement-acts = Acts
agreement-no-acts = Nobody has acted on it.
agreement-act = Act on it
agreement-kind = What this party does
agreement-date = From which day
agreement-date-hint = YYYY-MM-DD; today when left empty
agreement-article = Article that it rests on
agreement-sure = I act for { $party }. The act is signed, sent to every party of the text, and cannot be undone.
agreement-sign = Sign the act

whatif-lead = Turn switches and see what would become possible or impossible for everything that is held here and that you may see. Nothing is changed.
whatif-switches = Switches
whatif-as-it-is = as it is
whatif-ask = Ask
whatif-records = records
whatif-classes = classes
whatif-pairs = What changes
whatif-none = Nothing changes.
whatif-pair = From → to
whatif-before = Before
whatif-after = After
whatif-gained = Gained
whatif-lost = Lost

partner-lead = What one partner has of us, what it could have, and what it may not have: of all that you may see.
partner-show = Show
partner-has = { $party } has
partner-has-nothing = Nothing was given to it.
partner-could = { $party } could have
partner-could-nothing = Nothing more.
partner-never = { $party } may not have
partner-never-nothing = Nothing is withheld from it.

log-lead = What was decided, given and received is in logs that partners countersign.
log-ledger = Ledger
log-leaves = leaves
log-witnesses = Cosigned by
log-cosigned = Leaves
log-when = When
log-feeds = Feeds
log-lane = Lane
log-sent = Sent
log-receipted = Receipted
log-received = Received
log-check = Check a proof
log-proof = Proof file
log-proof-hint = As `entente log prove` writes it. It is checked against the party files of this node.
log-check-go = Check

node-parties = Parties
node-own = this node
node-addresses = Addresses
node-valid-until = Valid until
node-fingerprint = Fingerprint
node-qr = As a QR code
node-health = Health
node-people = People
node-add-person = Add a person
node-roles = Roles
node-clearance = Clearance

problem-desk = To the desk
problem-not-here = Nothing is here
problem-not-here-help = Look whether the address is right. What an account may not see is not there for it.
problem-not-allowed = Not for this account
problem-failed = That did not work

word-back = Back
word-enter = in force
word-suspend = suspended
word-resume = resumed
word-remove = not there
role-watch = watch officer
role-analyst = analyst
role-disclosure = disclosure officer
role-treaty = treaty desk
role-auditor = auditor
role-admin = administrator
force-binding = binding
force-arrangement = arrangement
force-political = political
act-signed = signed
act-ratified = ratified
act-entered-into-force = entered into force
act-suspended = suspended
act-resumed = resumed
act-notice-of-termination = gave notice of termination
act-notice-suspended = suspended its notice
act-notice-withdrawn = withdrew its notice
act-terminated = terminated
act-admitted = admitted a new party
act-disputed = disputed an act
state-accepted = held there
state-waiting = waits
state-held = held sealed there
state-refused = refused
state-withdrawn = withdrawn
state-open = waits for an answer
state-granted = consented
state-active = active
state-disabled = disabled
state-no-factor = no second factor yet
state-full = full
state-none = none
state-destroyed = destroyed
state-not-here = was not there
state-kept = keeps it
state-untold = not told yet

moment-now = just now
moment-minutes = { $count } min ago
moment-hours = { $count } h ago
moment-days = { $count ->
    [one] yesterday
   *[other] { $count } days ago
}

frame-healthy = Node running
frame-no-partners = no partner yet
frame-partners-up = { $count ->
    [one] { $count } partner up
   *[other] { $count } partners up
}
frame-partners-away = { $up } of { $all } partners up

sign-in-wrong = Name, password or code is not right.
sign-in-wait = { $count ->
    [one] Too many tries. The next is looked at in { $count } second.
   *[other] Too many tries. The next is looked at in { $count } seconds.
}
join-title = Your account at { $party }
join-password = Choose a password
join-password-hint = At least 12 characters; a sentence is easier to remember than signs
join-again = Once more
join-go = Set it
join-differ = The two are not the same.
account-title = Account
account-language = Language
account-totp = One more step: an authenticator app
account-totp-lead = Read this picture with the app, then type the code that it shows. From then on the code is asked for beside the password.
account-totp-type = Or type it in
account-totp-go = Finish

desk-question = Question
desk-question-words = { $partner } asks to give { $record } to { $to }
desk-affected = Late knowledge
desk-affected-words = { $count ->
    [one] { $count } release that something learnt later speaks against
   *[other] { $count } releases that something learnt later speaks against
}
desk-quarantine = Quarantine
desk-quarantine-words = { $count ->
    [one] { $count } arrival was refused or is held sealed
   *[other] { $count } arrivals were refused or are held sealed
}
desk-up = up
desk-untried = not tried yet
desk-away-since = away, { $since }
desk-clock-right = right

record-hop = from { $from } under { $under } for { $purpose }
release-title = Release { $record }
release-lead = Each recipient is decided by itself. What is permitted is sealed to it, and waits if it is away; permission is asked for once more at the moment of sending.
release-to = To whom
released-title = { $record }: what became of it
released-yes = sequenced, given under { $under }
released-free = no agreement needed
released-no = denied: nothing left
released-choose-lead = Several agreements would do, and they mean different things for handing it on. Choose one.
ask-consent-title = Ask { $party } for consent
ask-consent-lead = The question is itself a release: it tells who would get which record, for what. The answer comes back signed, and the next decision uses it.
ask-consent-go = Ask
ask-consent-refused = The question may not go
ask-until-hint = Such as 2026-12-31T00:00:00Z; without end when left empty
approve-title = Approve { $record }
approve-lead = This party's own authority says yes to one record for one recipient. It lifts nothing that others ask.
approve-note = By which authority, and why
approve-go = Approve
relabel-title = Another label for { $record }
relabel-lead = A signed supplement that travels to everyone who was given the record. The first label stays what it was.
relabel-go = Give it this label
recall-title = Recall { $record }
recall-lead = Everyone who holds it stops showing it at once, destroys it, and says so. This cannot be undone.
recall-of = From whom
recall-of-hint = From everybody when nobody is ticked
recall-reason = Reason
recalls-title = Recalls
recalls-lead = What was called back, and who has complied. What a party says of itself is its word, not a proof.
recalls-none = Nothing was called back.
recalls-by = by { $party }
recalls-nobody = Nobody had to be told from here.
recalls-beyond = Beyond it
recalls-complied = all complied
recalls-suspended = { $record } was made from it, and waits for a decision.
recalls-keep = Use it again
recalls-destroy = Destroy it

new-missing = Title and subjects are needed.
new-label-wrong = Character { $column }: { $problem }

consent-sentence = { $partner } asks whether it may give { $record } to { $to } for { $purpose }.
consent-not-permitted = A yes may not be given
consent-affected = Releases that late knowledge speaks against
consent-affected-lead = No verdict is rewritten: say what was done about each.
consent-left = Left
consent-cause = What was learnt
consent-affected-note = What was done
consent-affected-go = Answer

agreements-assumed = { " " }(assumed)
agreements-terms = national terms
agreement-known = known here { $at }

whatif-now-permit = would be permitted
whatif-now-permit-alike = { $count ->
    [one] would be permitted
   *[other] would be permitted, and { $count } alike
}
whatif-now-deny = would be denied
whatif-now-deny-alike = { $count ->
    [one] would be denied
   *[other] would be denied, and { $count } alike
}

log-proves = It proves this
log-proves-nothing = It proves nothing: { $why }
log-proved-log = Log
log-proved-leaf = Leaf
log-proved-by = Signed by
log-proved-witness = Witnessed by
log-proved-between = Said between
log-proved-receipt = Receipted envelope

node-alarms = Alarms
node-held = Held sealed
node-refused = Refused
node-quota = Quota of { $party }
node-add-party = Add a party
node-party-file = Party file
node-compared = I have compared the twelve words with a person of that party, by another way.
person-lead = The account gets a one-time link, by which its owner sets a password.
person-subjects-hint = Need to know, separated by commas; * for all
person-nationality = Party that this person belongs to
person-duty = Acts in an official duty that needs it
invited-once = This link is shown once
invited-how = Whoever has it sets the password of the account. Hand it over by a way that nobody else reads.
invited-until = It counts until { $at }.
