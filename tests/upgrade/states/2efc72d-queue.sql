PRAGMA application_id = 1148867701;
PRAGMA user_version = 5;
BEGIN TRANSACTION;
CREATE TABLE chain_head (id INTEGER PRIMARY KEY CHECK (id = 1), length INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
INSERT INTO "chain_head" VALUES(1,2,X'80D86F3BCA9E0575E6C94A09E33742FB6056BB790C984508CA1E0FB30AC8D7C8');
CREATE TABLE events (
            seq INTEGER PRIMARY KEY,
            reset_id INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('requested', 'finished', 'back in', 'erased')),
            at TEXT NOT NULL,
            personal BLOB NOT NULL,
            previous BLOB NOT NULL
        ) STRICT
        ;
INSERT INTO "events" VALUES(1,1,'requested','2026-11-29T18:13:59.965Z',X'3E2691FABDBDD0A9C2D32311273F17B6D6A5A14D3101E8D4EF4DD140AAB5B0AE',X'0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "events" VALUES(2,1,'finished','2026-11-29T18:13:59.986Z',X'9D2A8A263EE81D1FF58E373E768C3B335B049E5A1CC136BC61DBB81B118C23F1',X'CF75DB300863936070AA097C135C9A520E4647FE61918A62BF8E9F64A5DFCA56');
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
INSERT INTO "resets" VALUES(1,'harbor-prod','production','127.0.0.1:33497','demo.admin','47','odd.clipboard','Clip�]52;c;c3ludGhldGlj� Board','odd.clipboard@harbor.example.com','T-1','2026-11-29T18:13:59.965Z','2026-11-29T18:13:59.986Z','sent','Reset Password Instruction has been sent successfully!','clip�]52;c;c3ludghldglj� board
odd.clipboard
odd.clipboard@harbor.example.com

t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL,'127.0.0.1:33497/harbor-prod/','d8c7adb5d4e570fd774bee4843130589',1795976039965,X'FA6C20976E3956BB7407BD56220A5EB7',NULL);
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
