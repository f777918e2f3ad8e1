-- A history of version 5, as the dazos-tui of that version wrote it.
PRAGMA application_id = 1148867701;
PRAGMA user_version = 5;
BEGIN TRANSACTION;
CREATE TABLE chain_head (id INTEGER PRIMARY KEY CHECK (id = 1), length INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
INSERT INTO "chain_head" VALUES(1,9,X'CC10F5124BD7A104C7ADA4B1F1A761AF69F56E19D91E3FB4C75F5D93574548F9');
CREATE TABLE events (
            seq INTEGER PRIMARY KEY,
            reset_id INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('requested', 'finished', 'back in', 'erased')),
            at TEXT NOT NULL,
            personal BLOB NOT NULL,
            previous BLOB NOT NULL
        ) STRICT
        ;
INSERT INTO "events" VALUES(1,1,'requested','2026-11-23T13:37:00.123Z',X'1365AD412486957245A3D7F1597A0615197D2BF89503EF14792D0EF1139D1BEB',X'0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "events" VALUES(2,1,'finished','2026-11-23T13:38:00.123Z',X'C7D8F20EB204A1B4B277A6F8FD8A37B255AE7D47E880CBD5CF8A1BDF03FDEC1C',X'F3027FA1A9B42C02248BE497938106B4AB8BAA3FDBD896244B7800E4F74412B4');
INSERT INTO "events" VALUES(3,1,'back in','2026-11-23T14:01:00.000Z',X'C1BC27B6E5681921815AB25D0A12F08177A8DFF1F0D8B1A784AA997C3D9CAD02',X'784F4040731D9921D3B6DE04063AE2DC8199345B59A3965B5F61ED4C983A0684');
INSERT INTO "events" VALUES(4,2,'requested','2026-11-23T13:39:00.123Z',X'2E2B154045C3FF7765D4A34110E116E0215B2014B9DD94BD21760A2F413092ED',X'852693761B36F975A3EB403B3DBDF247A99B9F249D8FC6C891C3FCB086C8721E');
INSERT INTO "events" VALUES(5,2,'finished','2026-11-23T13:40:00.123Z',X'0EFD263B189189BCBD1831BA3FAD8120AAD5EB841D7A2B7135623A8774EDD90F',X'5093D75539A304BA2EADCC40596B5E3125EB5390B0EC878B0F132EFABC58EFC6');
INSERT INTO "events" VALUES(6,3,'requested','2026-11-23T13:41:00.123Z',X'8E2ED3082932440062D6C15C8847A7E2992C600AE1496CEE39D06B4F5604472E',X'301DE07368EE8EFB9B2018536D8DF4FEAFC478FFCA2F93790140EAF11B071C64');
INSERT INTO "events" VALUES(7,3,'finished','2026-11-23T13:42:00.123Z',X'29FC95FFE03ACF0E91D00F573FB08A0DD61A600EA57C93F20E7A958A957124C9',X'12C10749E9681A0658373642946B930FB72DB36934A994A8085435C46AE6BF37');
INSERT INTO "events" VALUES(8,3,'erased','2026-11-29T13:52:59.636Z',X'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855',X'6B9F48DA543695CD74DCBB652722532A875E8B388CFAB90C2B3B0A613F8CB537');
INSERT INTO "events" VALUES(9,4,'requested','2026-11-23T13:43:00.123Z',X'F43C2D3B08B33B0640DE1192697A20D41976F4FECE0EFDB0DDE137B699520135',X'C0BD49E27F5BF60853503F76BD3ED5FA10D4D2277B940B8C1493DC4C58E2ED07');
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
yes, ann','reset link','2026-11-23T14:01:00.000Z','sign-in','','49031fc3caf49fd8ed6b5813c3da994c',1795441020123,X'0E62AEE924C713D10CA66CB6787A5AF8',NULL);
INSERT INTO "resets" VALUES(2,'acme','production','crm.acme.example','admin','43','zoe','Zoë','zoe@acme.example','HD-7','2026-11-23T13:39:00.123Z','2026-11-23T13:40:00.123Z','refused','no','zoe
zoe
zoe@acme.example
hd-7
acme
admin
refused
no','reset link',NULL,NULL,'crm.acme.example','527922d9b95c202328b4999892546122',1795441140123,X'9E4E63C930CD6861E3A6D7E6E937FC99',NULL);
INSERT INTO "resets" VALUES(3,'acme','production','crm.acme.example','admin','','','(erased)','','','2026-11-23T13:41:00.123Z','2026-11-23T13:42:00.123Z','sent','','(erased)
acme
admin
sent','reset link',NULL,NULL,'','d9db082b328f4b54b975a48dfb3d62fc',1795441260123,NULL,'2026-11-29T13:52:59.636Z');
INSERT INTO "resets" VALUES(4,'acme','production','crm.acme.example','admin','45','ann.lee','Ann Lee','ann@acme.example','HD-7','2026-11-23T13:43:00.123Z',NULL,'unknown','','ann lee
ann.lee
ann@acme.example
hd-7
acme
admin
unknown
enable login','enable login',NULL,NULL,'','ef60748b204a428bd2e51587c29cef9b',1795441380123,X'78496730CEA2E60B4E63B3A873C00265',NULL);
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
