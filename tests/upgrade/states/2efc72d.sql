PRAGMA application_id = 1148867701;
PRAGMA user_version = 5;
BEGIN TRANSACTION;
CREATE TABLE chain_head (id INTEGER PRIMARY KEY CHECK (id = 1), length INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
INSERT INTO "chain_head" VALUES(1,4,X'DD21DCFB6FD5563DDCBE50BDD153847876F75A14BEDA3A1CF68C0E66084442C8');
CREATE TABLE events (
            seq INTEGER PRIMARY KEY,
            reset_id INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('requested', 'finished', 'back in', 'erased')),
            at TEXT NOT NULL,
            personal BLOB NOT NULL,
            previous BLOB NOT NULL
        ) STRICT
        ;
INSERT INTO "events" VALUES(1,1,'requested','2026-11-29T18:13:56.541Z',X'4E8D41FFFB7DB36CB10E1B46447D052F26824AFEECE2F95CF55DD9D0941E657B',X'0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "events" VALUES(2,1,'finished','2026-11-29T18:13:56.561Z',X'4A6C5A17EE20B6DA57ACD4FDAAEDC46C090EB36D657804F7093A5023A46462F4',X'2D03E47DDDD2516B4DBB01182C0ED359E57DC4725333C1EF51EA90E74117721F');
INSERT INTO "events" VALUES(3,2,'requested','2026-11-29T18:13:57.921Z',X'15571AB34631B047E19AD2CF2B26D8B6C9C19628C6B7AE9B89349AF496A86ABE',X'E58720C9BAC9FE48DE0FA9A1FA2CF9FFDFD01A384261925F3220D0F8AD6B88B9');
INSERT INTO "events" VALUES(4,2,'finished','2026-11-29T18:13:57.940Z',X'F0F8332711D188ABED5C543B168B60A2A7FD2DC232BD991B2F4F98DDF1CB9F4B',X'6D12EAE57F5DA83FE7BCB968666B8C93AAA8EC0D28722B82548B9C89A55BCA3D');
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
INSERT INTO "resets" VALUES(1,'harbor-prod','production','127.0.0.1:33497','demo.admin','61','odd.entities','Amp &amp; &lt;b&gt; &#27;','odd.entities@harbor.example.com','T-1','2026-11-29T18:13:56.541Z','2026-11-29T18:13:56.561Z','sent','Reset Password Instruction has been sent successfully!','amp &amp; &lt;b&gt; &#27;
odd.entities
odd.entities@harbor.example.com

t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL,'127.0.0.1:33497/harbor-prod/','5777420dc65149ea45227567d6489750',1795976036541,X'21C035B1964E60926AC3D5108CEC4225',NULL);
INSERT INTO "resets" VALUES(2,'harbor-prod','production','127.0.0.1:33497','demo.admin','27','odd.markup','Bo [bold red]Smith[/] Markup','odd.markup@harbor.example.com','T-1','2026-11-29T18:13:57.921Z','2026-11-29T18:13:57.940Z','sent','Reset Password Instruction has been sent successfully!','bo [bold red]smith[/] markup
odd.markup
odd.markup@harbor.example.com

t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL,'127.0.0.1:33497/harbor-prod/','9a7848f5db6457b50050326aca78aec7',1795976037921,X'78A26A658FCF8785DD130C6712D72F9B',NULL);
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
