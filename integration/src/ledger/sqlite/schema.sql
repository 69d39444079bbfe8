-- The ledger of one or more Anrok sellers. Look at it with: sqlite3 -readonly FILE
-- Fingerprints are keyed hashes of what was sent; names, addresses, tax ids and credentials are in no table.
-- A `seal` is a keyed hash of its row: a row that is edited by hand is refused, so that no wrong figure is used.

CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE seller (
    seller TEXT NOT NULL PRIMARY KEY,
    fence INTEGER NOT NULL,     -- raised by every claim; writes with an older number are refused
    holder TEXT,                -- who works on it; after a crash still the name of the one that crashed
    claimed_at TEXT NOT NULL,
    heartbeat TEXT NOT NULL     -- last write, by this machine's clock
) STRICT;

CREATE TABLE stream (
    seller TEXT NOT NULL REFERENCES seller (seller),
    name TEXT NOT NULL,         -- invoices, credits, debit_memos
    checkpoint TEXT NOT NULL,   -- everything up to here is settled or stored as open
    fence INTEGER NOT NULL,
    seal TEXT NOT NULL,
    PRIMARY KEY (seller, name)
) STRICT;

CREATE TABLE document (
    seller TEXT NOT NULL REFERENCES seller (seller),
    kind TEXT NOT NULL,         -- invoice, credit, debit_memo
    id TEXT NOT NULL,
    state TEXT NOT NULL,        -- none, live, ended: what Anrok holds
    txn_id TEXT,
    txn_version INTEGER,
    fingerprint TEXT,
    negation_id TEXT,
    generation INTEGER NOT NULL,
    currency TEXT,
    amount_minor INTEGER,
    tax_minor INTEGER,          -- to collect
    borne_minor INTEGER,        -- due, but borne by the seller
    chain TEXT,                 -- JSON: every transaction written for it; see the view transactions
    sent TEXT,                  -- JSON: what is on record, by product
    place TEXT,                 -- fingerprint of all that was sent but the lines
    placeholder TEXT,           -- JSON: tax on the draft that is only a stand-in
    date TEXT,
    tax_date TEXT,
    credited_invoice TEXT,
    customer TEXT,
    draft TEXT,                 -- JSON: what was calculated while it was a draft
    problem_kind TEXT,          -- held, failed
    code TEXT,
    reason TEXT,
    remedy TEXT,
    disposition TEXT,
    attempts INTEGER,
    first_at TEXT,
    last_at TEXT,
    next_attempt_at TEXT,
    archived_at TEXT,           -- set aside by a person
    updated TEXT,
    fence INTEGER NOT NULL,
    seal TEXT NOT NULL,
    PRIMARY KEY (seller, kind, id)
) STRICT;

CREATE INDEX document_problem ON document (seller, kind, id, next_attempt_at) WHERE problem_kind IS NOT NULL;
CREATE INDEX document_credit ON document (seller, credited_invoice) WHERE credited_invoice IS NOT NULL;
CREATE INDEX document_draft ON document (seller, customer, kind, id) WHERE draft IS NOT NULL;

-- A write that was begun and whose outcome is not stored yet.
CREATE TABLE intent (
    seller TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    op TEXT NOT NULL,           -- write_tax, record, void, negate, delta
    txn_id TEXT NOT NULL,
    fingerprint TEXT,
    started_at TEXT NOT NULL,
    fence INTEGER NOT NULL,
    seal TEXT NOT NULL,
    PRIMARY KEY (seller, kind, id),
    FOREIGN KEY (seller, kind, id) REFERENCES document (seller, kind, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE customer (
    seller TEXT NOT NULL REFERENCES seller (seller),
    id TEXT NOT NULL,
    mark TEXT NOT NULL,         -- fingerprint of the customer's tax identity
    fence INTEGER NOT NULL,
    seal TEXT NOT NULL,
    PRIMARY KEY (seller, id)
) STRICT;

CREATE TABLE fact (
    seller TEXT NOT NULL REFERENCES seller (seller),
    name TEXT NOT NULL,         -- company: fingerprint of whose documents these are; full_compare: when all were last compared
    value TEXT NOT NULL,
    fence INTEGER NOT NULL,
    seal TEXT NOT NULL,
    PRIMARY KEY (seller, name)
) STRICT;

-- What waits for a person or for time.
CREATE VIEW dead_letters AS
SELECT seller, kind, id, problem_kind AS problem, code, reason, remedy, disposition, attempts, first_at, last_at,
       next_attempt_at, archived_at
FROM document
WHERE problem_kind IS NOT NULL;

-- Every transaction ever written for a document. Those not voided sum to what is on record.
CREATE VIEW transactions AS
SELECT d.seller, d.kind, d.id, link.value ->> 'transaction' AS txn_id, link.value ->> 'kind' AS role,
       link.value ->> 'amount_minor' AS amount_minor, link.value ->> 'tax_minor' AS tax_minor, d.currency,
       link.value ->> 'version' AS version, link.value ->> 'at' AS at,
       coalesce(link.value ->> 'voided', 0) AS voided
FROM document d, json_each(d.chain) link;
