PRAGMA application_id = 1148867701;
PRAGMA user_version = 6;
BEGIN TRANSACTION;
CREATE TABLE chain_head (id INTEGER PRIMARY KEY CHECK (id = 1), length INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
INSERT INTO "chain_head" VALUES(1,4,X'29523959D536D3FA2149EB98BDF1C159A7D69A8926BD7CD36C1D7179F7D92149');
CREATE TABLE events (
            seq INTEGER PRIMARY KEY,
            reset_id INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('requested', 'finished', 'back in', 'noted', 'erased')),
            at TEXT NOT NULL,
            personal BLOB NOT NULL,
            previous BLOB NOT NULL
        ) STRICT
        ;
INSERT INTO "events" VALUES(1,1,'requested','2026-11-29T18:12:08.296Z',X'D64DF246D1FD49A0D52086991EB3DAF35726066ADD737DD385925EF1D665E5D5',X'0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "events" VALUES(2,1,'finished','2026-11-29T18:12:08.413Z',X'6D6DDC37EE7715927EAFF63E5F7DFEE0CDCDA0DA12043FA80D5136208090C849',X'37893B6675C655494B0CB1D5795B5DDE911B491DF98A9A535B5ECBE57CBF338E');
INSERT INTO "events" VALUES(3,2,'requested','2026-11-29T18:12:19.122Z',X'E9CD3EC6FDCA667E3C1574AB0BB8ACDD5E64A652068ECBD696C939843F07D2F0',X'2D2E74BD74D3CD089A36BC0120DD19CF3BC3F4911916D063877F4B4ED7CE07D4');
INSERT INTO "events" VALUES(4,2,'finished','2026-11-29T18:12:19.174Z',X'EB011462D0575768EB5AFA97910C4376A0E3E2831F03333D4039C22F85D5D10C',X'998165E2DBC58B41BAC9613B79F16680793F30DEC6117570312A87958E2D932B');
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
            CHECK (action IN ('reset link', 'enable login')), back_in_at TEXT, proof TEXT CHECK (proof IN ('sign-in', 'person')), server TEXT NOT NULL DEFAULT '', uid TEXT NOT NULL DEFAULT '', sort_key INTEGER NOT NULL DEFAULT 0, salt BLOB, erased_at TEXT, os_user TEXT NOT NULL DEFAULT '', os_host TEXT NOT NULL DEFAULT '', sudo_user TEXT NOT NULL DEFAULT '', batch TEXT NOT NULL DEFAULT '', noted_at TEXT) STRICT
        ;
INSERT INTO "resets" VALUES(1,'harbor-prod','production','127.0.0.1:33793','demo.admin','70','arlo.candle','Arlo Candle','front.desk@harbor.example.com','T-1','2026-11-29T18:12:08.296Z','2026-11-29T18:12:08.413Z','sent','Reset Password Instruction has been sent successfully!','arlo candle
arlo.candle
front.desk@harbor.example.com
t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL,'127.0.0.1:33793/harbor-prod/','f20835d119a949f1f6ac4903a53e6285',1795975928296,X'F2A1356978566EDCA5B785FFD4131424',NULL,'','','','',NULL);
INSERT INTO "resets" VALUES(2,'harbor-prod','production','127.0.0.1:33793','demo.admin','27','odd.markup','Bo [bold red]Smith[/] Markup','odd.markup@harbor.example.com','T-1','2026-11-29T18:12:19.122Z','2026-11-29T18:12:19.174Z','sent','Reset Password Instruction has been sent successfully!','bo [bold red]smith[/] markup
odd.markup
odd.markup@harbor.example.com
t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL,'127.0.0.1:33793/harbor-prod/','37e317d51db385697be5d3755b8d3479',1795975939122,X'DB7709A348EE16C67AB1989EDB139F42',NULL,'','','','',NULL);
CREATE INDEX resets_by_person ON resets (instance, user_id);
CREATE INDEX resets_unfinished ON resets (instance) WHERE finished_at IS NULL;
CREATE INDEX resets_by_time ON resets (requested_at);
CREATE UNIQUE INDEX resets_by_uid ON resets (uid);
CREATE INDEX resets_by_record ON resets (user_id, sort_key);
CREATE INDEX resets_by_mailbox ON resets (server, lower(email), sort_key);
CREATE INDEX resets_by_instance ON resets (instance, sort_key);
CREATE INDEX resets_by_order ON resets (sort_key);
CREATE INDEX resets_to_erase ON resets (requested_at) WHERE erased_at IS NULL;
CREATE UNIQUE INDEX events_by_row ON events (reset_id, kind);
CREATE INDEX resets_by_batch ON resets (batch) WHERE batch <> '';
COMMIT;
