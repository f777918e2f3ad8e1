-- A history of version 5, as the dazos-tui of that version wrote it.
PRAGMA application_id = 1148867701;
PRAGMA user_version = 5;
BEGIN TRANSACTION;
CREATE TABLE chain_head (id INTEGER PRIMARY KEY CHECK (id = 1), length INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
INSERT INTO "chain_head" VALUES(1,9,X'DE985D720E1C9E484B61014E8D97077DFA18A18A9B0A5C165E2C5385FEC7B096');
CREATE TABLE events (
            seq INTEGER PRIMARY KEY,
            reset_id INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('requested', 'finished', 'back in', 'erased')),
            at TEXT NOT NULL,
            personal BLOB NOT NULL,
            previous BLOB NOT NULL
        ) STRICT
        ;
INSERT INTO "events" VALUES(1,1,'requested','2026-11-23T13:37:00.123Z',X'1BCE10168DC4E8C49841CD41D6AE9DCCE65F96CDA86B5017786E2905523635D7',X'0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "events" VALUES(2,1,'finished','2026-11-23T13:38:00.123Z',X'669B5E39A0C0FD2A2183C6DA260F6F4DB22EB027E928D83B7153F5227D0959D6',X'C948A784CF8E63E80F40A4BB6DA255AA3D747963B5B32C0F14EF559F909C5BD9');
INSERT INTO "events" VALUES(3,1,'back in','2026-11-23T14:01:00.000Z',X'1B71DC50FCA4F019C529E487198A4420F94FF040371DAF637643D6C3E3F17E7B',X'F40FCEE34C318C08315EB05254C7BE7DB5C4480F18F5349B9E7FAE74BEC7F80E');
INSERT INTO "events" VALUES(4,2,'requested','2026-11-23T13:39:00.123Z',X'E8BF4EEA4E6A429EB3100928A51964E009922FBC3DE146B7F69B9BBC88DAB982',X'F8A5F96EB1584BC1D55BFCE3A0B5B3CC846903C6C27FBF6AEA6B2D0062281F94');
INSERT INTO "events" VALUES(5,2,'finished','2026-11-23T13:40:00.123Z',X'FA4AB548440C993294754C0B6F9CB8FD02D595E297703F97EFB6E0C16855939C',X'0101F95C35A101F21F89560C93E29ACFDA19A63AD4F291E8C5200A9747EF5490');
INSERT INTO "events" VALUES(6,3,'requested','2026-11-23T13:41:00.123Z',X'0E1ED15026B36237B07F6071687CE454A13C36889831E0DBC9F1B2F896107F07',X'F45D86293128402EE279F1BAE0A5D59152F517BF315E2719A515090B41C81F4C');
INSERT INTO "events" VALUES(7,3,'finished','2026-11-23T13:42:00.123Z',X'A2DE1B40F8FDB592A12A6CF06CE2CE197A4C05DE3B9C80CF8E04569F7FA63D7B',X'9115E66EBEF5E32AFF087C5A4E5A74866B6588F91569CAFCB31017DC00F0EB8B');
INSERT INTO "events" VALUES(8,3,'erased','2026-11-29T16:43:33.612Z',X'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855',X'4205B2648111A3AACBB7F16EA080133534AF399F305CCF0BA006A8A1D8F1497B');
INSERT INTO "events" VALUES(9,4,'requested','2026-11-23T13:43:00.123Z',X'B2AEF1D24094CAD11773A603ADB7899AC96A7FB2BB561CFD8C9A406BB050EB39',X'70A83385A8FF758E398E7BDCA60C72AA67E87A7CC1A4BD5FD238FE792CCAA4D4');
CREATE TABLE resets (
            id INTEGER PRIMARY KEY,
            instance TEXT NOT NULL,
            environment TEXT NOT NULL,
            host TEXT NOT NULL,
            operator TEXT NOT NULL,
            user_id TEXT NOT NULL,
            user_name TEXT NOT NULL,
            name TEXT NOT NULL,
            email TEXT NOT NULL,
            ticket TEXT NOT NULL,
            requested_at TEXT NOT NULL,
            finished_at TEXT,
            outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'refused', 'not sent', 'unknown')),
            message TEXT NOT NULL,
            folded TEXT NOT NULL
        , action TEXT NOT NULL DEFAULT 'reset link'
            CHECK (action IN ('reset link', 'enable login')), back_in_at TEXT, proof TEXT CHECK (proof IN ('sign-in', 'person')), server TEXT NOT NULL DEFAULT '', uid TEXT NOT NULL DEFAULT '', sort_key INTEGER NOT NULL DEFAULT 0, salt BLOB, erased_at TEXT) STRICT
        ;
INSERT INTO "resets" VALUES(1,'acme','production','crm.acme.example','admin','42','ann.lee','Ann Lee','ann@acme.example','HD-7','2026-11-23T13:37:00.123Z','2026-11-23T13:38:00.123Z','sent','Yes, Ann','ann lee
ann.lee
ann@acme.example

hd-7
acme
admin
sent
yes, ann','reset link','2026-11-23T14:01:00.000Z','sign-in','','81b343c94afc51d4cf1615a8b1953077',1795441020123,X'B5C668EF8863A44F332CA2FA52CC2835',NULL);
INSERT INTO "resets" VALUES(2,'acme','production','crm.acme.example','admin','43','zoe','Zoë','zoe@acme.example','HD-7','2026-11-23T13:39:00.123Z','2026-11-23T13:40:00.123Z','refused','no','zoe
zoe
zoe@acme.example

hd-7
acme
admin
refused
no','reset link',NULL,NULL,'crm.acme.example','ce70c82d916337487a5a0a912621a820',1795441140123,X'05D537A67F1701B1BFC727A40B0B7F62',NULL);
INSERT INTO "resets" VALUES(3,'acme','production','crm.acme.example','admin','','','(erased)','','','2026-11-23T13:41:00.123Z','2026-11-23T13:42:00.123Z','sent','','(erased)

acme
admin
sent','reset link',NULL,NULL,'','f6a3baa3bdca890737351504c0a9bdef',1795441260123,NULL,'2026-11-29T16:43:33.612Z');
INSERT INTO "resets" VALUES(4,'acme','production','crm.acme.example','admin','45','ann.lee','Ann Lee','ann@acme.example','HD-7','2026-11-23T13:43:00.123Z',NULL,'unknown','','ann lee
ann.lee
ann@acme.example

hd-7
acme
admin
unknown
enable login','enable login',NULL,NULL,'','63210d7c6181ac35ca6e574c9b295b99',1795441380123,X'4F6D3C546C53D418AA47E3A5DBCC1DB6',NULL);
CREATE INDEX resets_by_person ON resets (instance, user_id);
CREATE INDEX resets_unfinished ON resets (instance) WHERE finished_at IS NULL;
CREATE INDEX resets_by_time ON resets (requested_at);
CREATE UNIQUE INDEX resets_by_uid ON resets (uid);
CREATE UNIQUE INDEX events_by_row ON events (reset_id, kind);
CREATE INDEX resets_by_record ON resets (user_id, sort_key);
CREATE INDEX resets_by_mailbox ON resets (server, lower(email), sort_key);
CREATE INDEX resets_by_instance ON resets (instance, sort_key);
CREATE INDEX resets_by_order ON resets (sort_key);
CREATE INDEX resets_to_erase ON resets (requested_at) WHERE erased_at IS NULL;
COMMIT;
