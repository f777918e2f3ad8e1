PRAGMA application_id = 1148867701;
PRAGMA user_version = 5;
BEGIN TRANSACTION;
CREATE TABLE chain_head (id INTEGER PRIMARY KEY CHECK (id = 1), length INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
INSERT INTO "chain_head" VALUES(1,4,X'F350D7745FE8A1367D1606C7CABA5D40328B98CCDE9C1786C6EC28EEEF52BE53');
CREATE TABLE events (
            seq INTEGER PRIMARY KEY,
            reset_id INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('requested', 'finished', 'back in', 'erased')),
            at TEXT NOT NULL,
            personal BLOB NOT NULL,
            previous BLOB NOT NULL
        ) STRICT
        ;
INSERT INTO "events" VALUES(1,1,'requested','2026-11-29T18:11:39.546Z',X'67D9EF7AA000EEDD77C1D3C15F9B4204BBB465F242CDDD1B8F6907E3BBDE5191',X'0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "events" VALUES(2,1,'finished','2026-11-29T18:11:39.582Z',X'06ADB5344125AEBB1D4FA9C3F401C44589BE0D7E366B8A673391A6002BE219C1',X'F15606A9583AB3FDF42E116A5656672D4BE72076FAC12B10542EB0ED7A97DB02');
INSERT INTO "events" VALUES(3,2,'requested','2026-11-29T18:11:51.597Z',X'9BBAD50FEA599AFBD76414EE67C3F95306F6CAFA50E3B6B35FC47E54F9E45B8A',X'7F3381C9B627FD97CD695D988E26E89D2C323F8C28476AB009E495F2CE605F90');
INSERT INTO "events" VALUES(4,2,'finished','2026-11-29T18:11:51.714Z',X'5A2EBC6F5432481B47AA6C3A58032967DA4D74D50F565CDDB65EE710610CD2A9',X'A9ED37A00CA53690E53512FE837822BA0CF3C75A702BD7F3CFB23512E9CB2868');
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
INSERT INTO "resets" VALUES(1,'harbor-prod','production','127.0.0.1:38431','demo.admin','70','arlo.candle','Arlo Candle','front.desk@harbor.example.com','T-1','2026-11-29T18:11:39.546Z','2026-11-29T18:11:39.582Z','sent','Reset Password Instruction has been sent successfully!','arlo candle
arlo.candle
front.desk@harbor.example.com

t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL,'127.0.0.1:38431/harbor-prod/','f994e2acf2827c487c12a67c3ebe245b',1795975899546,X'392759F7056D6F7CD6C107C89195848C',NULL);
INSERT INTO "resets" VALUES(2,'harbor-prod','production','127.0.0.1:38431','demo.admin','27','odd.markup','Bo [bold red]Smith[/] Markup','odd.markup@harbor.example.com','T-1','2026-11-29T18:11:51.597Z','2026-11-29T18:11:51.714Z','sent','Reset Password Instruction has been sent successfully!','bo [bold red]smith[/] markup
odd.markup
odd.markup@harbor.example.com

t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL,'127.0.0.1:38431/harbor-prod/','af96e9dcd3af2590c1619d59bf39b44d',1795975911597,X'3673C9FC316B81AEA0D0F35E0B781FAC',NULL);
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
