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
    name TEXT NOT NULL,         -- invoices, credits
    checkpoint TEXT NOT NULL,   -- everything up to here is settled or stored as open
    fence INTEGER NOT NULL,
    seal TEXT NOT NULL,
    PRIMARY KEY (seller, name)
) STRICT;

CREATE TABLE document (
    seller TEXT NOT NULL REFERENCES seller (seller),
    kind TEXT NOT NULL,         -- invoice, credit
    id TEXT NOT NULL,
    state TEXT NOT NULL,        -- none, live, ended: what Anrok holds
    txn_id TEXT,
    txn_version INTEGER,
    fingerprint TEXT,
    negation_id TEXT,
    generation INTEGER NOT NULL,
    currency TEXT,
    amount_minor INTEGER,
    tax_minor INTEGER,
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
    updated TEXT,
    fence INTEGER NOT NULL,
    seal TEXT NOT NULL,
    PRIMARY KEY (seller, kind, id)
) STRICT;

CREATE INDEX document_problem ON document (seller, kind, id, next_attempt_at) WHERE problem_kind IS NOT NULL;
CREATE INDEX document_draft ON document (seller, customer, kind, id) WHERE draft IS NOT NULL;

-- A write that was begun and whose outcome is not stored yet.
CREATE TABLE intent (
    seller TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    op TEXT NOT NULL,           -- write_tax, record, void, negate
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

-- What waits for a person or for time.
CREATE VIEW dead_letters AS
SELECT seller, kind, id, problem_kind AS problem, code, reason, remedy, disposition, attempts, first_at, last_at,
       next_attempt_at
FROM document
WHERE problem_kind IS NOT NULL;
