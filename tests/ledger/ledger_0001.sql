BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE arguments (
	call_id TEXT NOT NULL, 
	canonical BLOB NOT NULL, 
	nonce TEXT NOT NULL, 
	PRIMARY KEY (call_id)
)
 WITHOUT ROWID

;
INSERT INTO "arguments" VALUES('call_ene7dnvm6gtnsw6ovfat',X'7B2274657874223A2278227D','8f73e6c36fa58a6507702a3a7448aefa');
INSERT INTO "arguments" VALUES('call_gtqxlceka3lo6z523gsc',X'7B22616D6F756E74223A377D','550e202e6bddeb63a316b00b3145f804');
INSERT INTO "arguments" VALUES('call_je3qjgpidfyswnbvt6h5',X'7B22616D6F756E74223A353030307D','34ad718a45822c73b9f59a931b3fb35c');
INSERT INTO "arguments" VALUES('call_lfxlvjpngy7lvfkzk7s7',X'7B226964223A317D','ed7885a47632eea956f1623b19c9c21e');
INSERT INTO "arguments" VALUES('call_m26ditsa3smvrmhsdi2l',X'7B22616D6F756E74223A397D','d7360ac6e5c8e2d30573ad8820a15d24');
INSERT INTO "arguments" VALUES('call_nqbvjhmzqwvqtvqhi7kb',X'7B22616D6F756E74223A357D','8b188b74791690a1c1109e90d67dcc4f');
INSERT INTO "arguments" VALUES('call_wgzpxz5upcpxvqtkqm2w',X'7B22616D6F756E74223A387D','4e9fbf8cdf8079cc460cc8fdef656991');
CREATE TABLE asks (
	task TEXT NOT NULL, 
	"index" INTEGER NOT NULL, 
	request_id TEXT NOT NULL, 
	PRIMARY KEY (task, "index")
);
CREATE TABLE calls (
	id TEXT NOT NULL, 
	call_key TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	turn TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	tenant TEXT NOT NULL, 
	host TEXT NOT NULL, 
	thread_id TEXT NOT NULL, 
	agent TEXT NOT NULL, 
	tool TEXT NOT NULL, 
	tool_schema TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	context TEXT NOT NULL, 
	claim TEXT NOT NULL, 
	judgement TEXT, 
	state TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	head TEXT NOT NULL, 
	request_id TEXT, 
	editors TEXT NOT NULL, 
	fence INTEGER NOT NULL, 
	lease_until TEXT, 
	outcome TEXT, 
	answer TEXT, 
	created_at TEXT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT uq_calls_key UNIQUE (call_key, revision)
);
INSERT INTO "calls" VALUES('call_lfxlvjpngy7lvfkzk7s7','5a664ab0716b69446737807fa60a499cadeabbf7b74a1ca1ca24ae517ba53dde',0,'["", "main", "t", "", "m1"]',0,'["", "main", "t", "", "m1", "c0"]','','main','t','bot','orders.get','','4f5dbbe9430d225d32d848f09afa7b8874de4760c4fc0931eea3997281cf7820','8d9d52b02e521422b4559c32becd4e13b5c1148e1a14a505669639b556291994','{"agent":["bot",null,null,null],"principal":"","tenant":"","chain":[],"signals":{},"facts":{}}','[null, ""]','{"decision":{"kind":"allow","rules":["reads"],"reason":"rule `reads` says allow","not_evaluable":[],"review_result":false},"topic":"orders.get","effect":"read","risk":"low","risk_tags":["read"],"owner":null,"level":0,"signals":{"retry_count":0,"first_time_action":true},"facts":{},"snapshot":"v1:075f48","policy":"075f4822b6de51bf9d416af15f00893cc57dc488db82fd4248c4b388347b34d2"}','released',6,'25b3859270e7aa789a25ec26a3541afb1ec5c848ac20f1fe2178cef9cac48915',NULL,'[]',1,'2026-01-01T00:00:30.000000Z','done','{"ending":"released","content":{"tool":"orders.get","args":{"id":1}},"status":"success","artifact":null,"record":{"call_id":"call_lfxlvjpngy7lvfkzk7s7","outcome":"released","decision":"allow","rules":["reads"],"policy_snapshot":"v1:075f48","level":0,"output_review":{"job_id":"call_lfxlvjpngy7lvfkzk7s7","output_safety_decision":"ALLOW","original_fields_redacted":0,"redaction_details":[],"policy_snapshot":"v1:075f48"},"tool_status":"success"}}','2026-01-01T00:00:00.000000Z');
INSERT INTO "calls" VALUES('call_nqbvjhmzqwvqtvqhi7kb','48eff0d97a9a17bc961197be7ce1dde716b7199dbdc7425fc961264508b46feb',0,'["", "main", "t", "", "m1"]',1,'["", "main", "t", "", "m1", "c1"]','','main','t','bot','pay','','6afcdf50aaa71a79a8bc199621e106ca51c7ae9271f44bd56ef894bbf841b9b9','3a1f314513c0ac57a2a31e5238cc7c31b57a6bf7f3a67170289d114f4f13fe80','{"agent":["bot",null,null,null],"principal":"","tenant":"","chain":[],"signals":{},"facts":{}}','[null, ""]','{"decision":{"kind":"require_approval","rules":["rest"],"reason":"rule `rest` says require_approval","not_evaluable":[],"review_result":false,"terms":{"approval_ttl_s":600.0,"execution_ttl_s":3600.0,"inline":false,"editor_may_approve":false,"reason_required":false}},"topic":"pay","effect":"non_idempotent","risk":"medium","risk_tags":[],"owner":null,"level":0,"signals":{"retry_count":0,"first_time_action":true},"facts":{"amount":5},"snapshot":"v1:075f48","policy":"075f4822b6de51bf9d416af15f00893cc57dc488db82fd4248c4b388347b34d2"}','released',8,'b418a22cbe627849fc18b937f597e44d792c4f18e37713159f8dbeda94581566','req_nwvvtc2nfssctlr3qyke','[]',1,'2026-01-01T00:00:30.000000Z','done','{"ending":"released","content":{"tool":"pay","args":{"amount":5}},"status":"success","artifact":null,"record":{"call_id":"call_nqbvjhmzqwvqtvqhi7kb","outcome":"released","decision":"require_approval","rules":["rest"],"policy_snapshot":"v1:075f48","level":0,"output_review":{"job_id":"call_nqbvjhmzqwvqtvqhi7kb","output_safety_decision":"ALLOW","original_fields_redacted":0,"redaction_details":[],"policy_snapshot":"v1:075f48"},"tool_status":"success"}}','2026-01-01T00:00:00.000000Z');
INSERT INTO "calls" VALUES('call_ene7dnvm6gtnsw6ovfat','63894883dcd70049e0d518cb2a56f8cca5b7304102f3d05cf55947c6cdfd8438',0,'["", "main", "t", "", "m1"]',2,'["", "main", "t", "", "m1", "c2"]','','main','t','bot','note','','62b257285cd7ddf3880f803272040a642849049dd188799b79317e810fea52de','f0c7cb6cb9c01e917bf9a00f099d1d1356a0efecc85104ec52ce3ab399daa8b6','{"agent":["bot",null,null,null],"principal":"","tenant":"","chain":[],"signals":{},"facts":{}}','[null, ""]','{"decision":{"kind":"allow_with_constraints","rules":["limited"],"reason":"rule `limited` says allow_with_constraints","not_evaluable":["reads"],"review_result":false,"constraints":{}},"topic":"note","effect":"non_idempotent","risk":"high","risk_tags":[],"owner":null,"level":0,"signals":{"retry_count":0,"first_time_action":true},"facts":{},"snapshot":"v1:075f48","policy":"075f4822b6de51bf9d416af15f00893cc57dc488db82fd4248c4b388347b34d2"}','released',7,'783f0c805538d6a4ee09e575891c8e1aaee75ff94bb833f05243710c94dc08ac',NULL,'[]',1,'2026-01-01T00:00:30.000000Z','done','{"ending":"released","content":{"tool":"note","args":{"text":"x"}},"status":"success","artifact":null,"record":{"call_id":"call_ene7dnvm6gtnsw6ovfat","outcome":"released","decision":"allow_with_constraints","rules":["limited"],"policy_snapshot":"v1:075f48","level":0,"output_review":{"job_id":"call_ene7dnvm6gtnsw6ovfat","output_safety_decision":"ALLOW","original_fields_redacted":0,"redaction_details":[],"policy_snapshot":"v1:075f48"},"tool_status":"success"}}','2026-01-01T00:00:00.000000Z');
INSERT INTO "calls" VALUES('call_je3qjgpidfyswnbvt6h5','f14cd20f26a56074408a88416479820282e0bf50fea89dfe78de4fb349395c10',0,'["", "main", "t", "", "m1"]',3,'["", "main", "t", "", "m1", "c3"]','','main','t','bot','pay','','e234032775d1e78cdf3f738748eaae9700cafc7d0f61e689dfadab2a8223523c','e84252fa01f10e4d70b8ea1ef7d08a828b63eed39d71766d27ecdf10caff84d9','{"agent":["bot",null,null,null],"principal":"","tenant":"","chain":[],"signals":{},"facts":{}}','[null, ""]','{"decision":{"kind":"deny","rules":["huge"],"reason":"rule `huge` says deny","not_evaluable":[],"review_result":false},"topic":"pay","effect":"non_idempotent","risk":"medium","risk_tags":[],"owner":null,"level":0,"signals":{"retry_count":0,"first_time_action":true},"facts":{"amount":5000},"snapshot":"v1:075f48","policy":"075f4822b6de51bf9d416af15f00893cc57dc488db82fd4248c4b388347b34d2"}','denied',3,'84c6394c0201e4f25361594f99f59eb5c0d5f73d35078036158be2d3f1a752fc',NULL,'[]',0,NULL,NULL,'{"ending":"denied","content":"Policy does not allow this call: rule `huge` says deny. It did not run. Do not repeat it unchanged.","status":"error","artifact":null,"record":{"call_id":"call_je3qjgpidfyswnbvt6h5","outcome":"denied","reason":"rule `huge` says deny","policy_snapshot":"v1:075f48"}}','2026-01-01T00:00:00.000000Z');
INSERT INTO "calls" VALUES('call_gtqxlceka3lo6z523gsc','89b13bec4b1fafa6c8e54b60d79ca7ae7d31ecf56a5c3cfceca3fdb859bb8fb2',0,'["", "main", "t", "", "m2"]',0,'["", "main", "t", "", "m2", "c0"]','','main','t','bot','pay','','effc5e23ab7323c0426530c5c9bea0baba2dbc49ec59ac54166e1e36a36f3a41','e7aa1890cd7c9eaf64abbb7aacfc560b81cc52dfc55e69aaa8bd4d46753a04dd','{"agent":["bot",null,null,null],"principal":"","tenant":"","chain":[],"signals":{},"facts":{}}','[null, ""]','{"decision":{"kind":"require_approval","rules":["rest"],"reason":"rule `rest` says require_approval","not_evaluable":[],"review_result":false,"terms":{"approval_ttl_s":600.0,"execution_ttl_s":3600.0,"inline":false,"editor_may_approve":false,"reason_required":false}},"topic":"pay","effect":"non_idempotent","risk":"medium","risk_tags":[],"owner":null,"level":0,"signals":{"retry_count":0,"first_time_action":false},"facts":{"amount":7},"snapshot":"v1:075f48","policy":"075f4822b6de51bf9d416af15f00893cc57dc488db82fd4248c4b388347b34d2"}','pending',3,'1f45662e08c6fd8b92641522f74fa783da5704561fc8b08cdb392dc0d78f6cbe','req_4kexhk4gsnq2zyprkl4d','[]',0,NULL,NULL,NULL,'2026-01-01T00:00:00.000000Z');
INSERT INTO "calls" VALUES('call_m26ditsa3smvrmhsdi2l','e323d4b9f4f18ea1bf95fbd9e8819801e2bd958add6ca81b769da3d6781680e5',0,'["", "main", "t", "", "m3"]',0,'["", "main", "t", "", "m3", "c0"]','','main','t','bot','pay','','ad5f86dfa003b4326e936b4b3e195887702a47ad09dd1fb054e7864b0aa4418f','dd60ffad48a2163039c595bc4b4f5437f385c9fae0fcc6d5d12006187ffc357a','{"agent":["bot",null,null,null],"principal":"","tenant":"","chain":[],"signals":{},"facts":{}}','[null, ""]','{"decision":{"kind":"require_approval","rules":["rest"],"reason":"rule `rest` says require_approval","not_evaluable":[],"review_result":false,"terms":{"approval_ttl_s":600.0,"execution_ttl_s":3600.0,"inline":false,"editor_may_approve":false,"reason_required":false}},"topic":"pay","effect":"non_idempotent","risk":"medium","risk_tags":[],"owner":null,"level":0,"signals":{"retry_count":0,"first_time_action":false},"facts":{"amount":9},"snapshot":"v1:075f48","policy":"075f4822b6de51bf9d416af15f00893cc57dc488db82fd4248c4b388347b34d2"}','superseded',4,'c10a2a4b0fd8d008e26e75666c3aa1e01e258d3312c00bd649d8524f6472062f','req_y5jrhthfizcazfd5a2me','[]',0,NULL,NULL,NULL,'2026-01-01T00:00:00.000000Z');
INSERT INTO "calls" VALUES('call_wgzpxz5upcpxvqtkqm2w','e323d4b9f4f18ea1bf95fbd9e8819801e2bd958add6ca81b769da3d6781680e5',1,'["", "main", "t", "", "m3"]',0,'["", "main", "t", "", "m3", "c0"]','','main','t','bot','pay','','70b539b1a8b2f09f6eee00029c1e8d74062035ca1bc8734469dc50656ab907f7','c6790cb3b646ccc060a069dd383aadfa17bb37c901bc709c75eb0d0b9a4f78d8','{"agent":["bot",null,null,null],"principal":"","tenant":"","chain":[],"signals":{},"facts":{}}','[null, ""]','{"decision":{"kind":"require_approval","rules":["rest"],"reason":"rule `rest` says require_approval","not_evaluable":[],"review_result":false,"terms":{"approval_ttl_s":600.0,"execution_ttl_s":3600.0,"inline":false,"editor_may_approve":false,"reason_required":false}},"topic":"pay","effect":"non_idempotent","risk":"medium","risk_tags":[],"owner":null,"level":0,"signals":{"retry_count":0,"first_time_action":false},"facts":{"amount":8},"snapshot":"v1:075f48","policy":"075f4822b6de51bf9d416af15f00893cc57dc488db82fd4248c4b388347b34d2"}','pending',3,'c2bfb60c487cdfeb6cc73b6f8c1ff93039cec00a8ef4317dc6f4362a62ecb04f','req_vv574b7vvecx4aqaiodo','["ana"]',0,NULL,NULL,NULL,'2026-01-01T00:00:00.000000Z');
CREATE TABLE entries (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	chain TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	at TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	state TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	auth TEXT NOT NULL, 
	body TEXT NOT NULL, 
	previous TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	CONSTRAINT uq_entries_chain UNIQUE (chain, position)
);
INSERT INTO "entries" VALUES(1,'entry_ruzdbntysp65iirigior','call_lfxlvjpngy7lvfkzk7s7',0,'2026-01-01T00:00:00.000000Z','proposed','proposed','bot','none','{"agent":{"id":"bot","model":null,"owner":null,"version":null},"call_key":["","main","t","","m1","c0"],"context_chain":[],"digest":"4f5dbbe9430d225d32d848f09afa7b8874de4760c4fc0931eea3997281cf7820","editors":[],"principal":"","revision":0,"tool":"orders.get","tool_schema":""}','0000000000000000000000000000000000000000000000000000000000000000','ca01921919b659cfd2d46bc1457fa9e750b64c82f4eafdb0f6dc7d041acbcf5d');
INSERT INTO "entries" VALUES(2,'entry_qyo4owqvl5rmein3rcs2','call_lfxlvjpngy7lvfkzk7s7',1,'2026-01-01T00:00:00.000000Z','decided','decided','interlock','none','{"commitments":{"claim":"64acd154da98ece69dfc7059635119c005af27a2864ca0f2612c50c985930cd2","context":"8a60416a3b414667f195048ebcfbb259a834325a6c24073e3a4df22ca307bd62","judgement":"07ba8680fd58c68ec62db65e15c474ee3b38b3d4aaca8a8e159a3692203b489a"},"effect":"read","facts":[],"kind":"allow","level":0,"not_evaluable":[],"policy":"075f4822b6de51bf9d416af15f00893cc57dc488db82fd4248c4b388347b34d2","policy_snapshot":"v1:075f48","reason":"rule `reads` says allow","review_result":false,"risk":"low","rules":["reads"],"signals":{"first_time_action":true,"retry_count":0}}','ca01921919b659cfd2d46bc1457fa9e750b64c82f4eafdb0f6dc7d041acbcf5d','326e8fbafce5d037c5420b83fa60841cde91b9e716447df5c9bc6ac947f4531b');
INSERT INTO "entries" VALUES(3,'entry_pqasc2xm4fqttndddh7d','call_nqbvjhmzqwvqtvqhi7kb',0,'2026-01-01T00:00:00.000000Z','proposed','proposed','bot','none','{"agent":{"id":"bot","model":null,"owner":null,"version":null},"call_key":["","main","t","","m1","c1"],"context_chain":[],"digest":"6afcdf50aaa71a79a8bc199621e106ca51c7ae9271f44bd56ef894bbf841b9b9","editors":[],"principal":"","revision":0,"tool":"pay","tool_schema":""}','0000000000000000000000000000000000000000000000000000000000000000','9db6dd8b75d77ea7b0272b35308329909d7c666fd8941b1d835d0a2a442e8bfa');
INSERT INTO "entries" VALUES(4,'entry_vkxijpqyumah2tzuoxjk','call_nqbvjhmzqwvqtvqhi7kb',1,'2026-01-01T00:00:00.000000Z','decided','decided','interlock','none','{"effect":"non_idempotent","facts":["amount"],"kind":"require_approval","level":0,"not_evaluable":[],"policy":"075f4822b6de51bf9d416af15f00893cc57dc488db82fd4248c4b388347b34d2","policy_snapshot":"v1:075f48","reason":"rule `rest` says require_approval","review_result":false,"risk":"medium","rules":["rest"],"signals":{"first_time_action":true,"retry_count":0},"terms":{"approval_ttl_s":600,"editor_may_approve":false,"execution_ttl_s":3600,"inline":false,"reason_required":false}}','9db6dd8b75d77ea7b0272b35308329909d7c666fd8941b1d835d0a2a442e8bfa','85dc66fd8842abdc58eca7cb79929ead01fd6842761e4ddf630ef351f6187924');
INSERT INTO "entries" VALUES(5,'entry_5c4anbedrdpfi2lwyosq','call_nqbvjhmzqwvqtvqhi7kb',2,'2026-01-01T00:00:00.000000Z','asked','pending','interlock','none','{"commitments":{"claim":"e4ed9bd46e881d7d573eefce8e5a1fbeae125d080c805a310ed742832c75fdb1","context":"da24d30a1475c7e9cea706848550d70c1011639a44abad9fdd84446d28742c31","judgement":"0d8526274aa2538ff3083bb4381f10d839c14424ca5c2d9adbb3926d1bc6203a"},"created_at":"2026-01-01T00:00:00.000000Z","digest":"6afcdf50aaa71a79a8bc199621e106ca51c7ae9271f44bd56ef894bbf841b9b9","excluded":["bot"],"expires_at":"2026-01-01T00:10:00.000000Z","request_id":"req_nwvvtc2nfssctlr3qyke","risk":"medium","terms":{"approval_ttl_s":600,"editor_may_approve":false,"execution_ttl_s":3600,"inline":false,"reason_required":false}}','85dc66fd8842abdc58eca7cb79929ead01fd6842761e4ddf630ef351f6187924','60601ed61d972f9615f41deb87809b297a5075c95e7708503cc3489025c7a4b3');
INSERT INTO "entries" VALUES(6,'entry_sa4ruax3q6ejcyhkby6d','call_ene7dnvm6gtnsw6ovfat',0,'2026-01-01T00:00:00.000000Z','proposed','proposed','bot','none','{"agent":{"id":"bot","model":null,"owner":null,"version":null},"call_key":["","main","t","","m1","c2"],"context_chain":[],"digest":"62b257285cd7ddf3880f803272040a642849049dd188799b79317e810fea52de","editors":[],"principal":"","revision":0,"tool":"note","tool_schema":""}','0000000000000000000000000000000000000000000000000000000000000000','501b4c32ddef2d208bfeb926a0483acc8399fe3398d12091291a0d9a872879de');
INSERT INTO "entries" VALUES(7,'entry_tv3hy5ibvgfasnr6tsqp','call_ene7dnvm6gtnsw6ovfat',1,'2026-01-01T00:00:00.000000Z','decided','decided','interlock','none','{"commitments":{"claim":"7c8b384d48436f423c2845e2e71850c27c0b85cc7b44cf13ef80604e12d6eec4","context":"ef9e3705dccc8385762fafe3751bf052e4681706e0fe710051be0ee11badb646","judgement":"c75e835b883d2d7f4692962535efd2baa03cf1bb125d129d6774078cffc474f1"},"constraints":{},"effect":"non_idempotent","facts":[],"kind":"allow_with_constraints","level":0,"not_evaluable":["reads"],"policy":"075f4822b6de51bf9d416af15f00893cc57dc488db82fd4248c4b388347b34d2","policy_snapshot":"v1:075f48","reason":"rule `limited` says allow_with_constraints","review_result":false,"risk":"high","rules":["limited"],"signals":{"first_time_action":true,"retry_count":0}}','501b4c32ddef2d208bfeb926a0483acc8399fe3398d12091291a0d9a872879de','2bf97927bad78b5f4ff0abf566684cc43d406e55343d29354a739f221ab28035');
INSERT INTO "entries" VALUES(8,'entry_bvvcx4dh7hqewkyqo63j','call_je3qjgpidfyswnbvt6h5',0,'2026-01-01T00:00:00.000000Z','proposed','proposed','bot','none','{"agent":{"id":"bot","model":null,"owner":null,"version":null},"call_key":["","main","t","","m1","c3"],"context_chain":[],"digest":"e234032775d1e78cdf3f738748eaae9700cafc7d0f61e689dfadab2a8223523c","editors":[],"principal":"","revision":0,"tool":"pay","tool_schema":""}','0000000000000000000000000000000000000000000000000000000000000000','62cc750047bfed35f157cb325dd69346a8f1cecae4502595aeb30df0efb6b04e');
INSERT INTO "entries" VALUES(9,'entry_dcfls2iexkvsrva3uksx','call_je3qjgpidfyswnbvt6h5',1,'2026-01-01T00:00:00.000000Z','decided','decided','interlock','none','{"effect":"non_idempotent","facts":["amount"],"kind":"deny","level":0,"not_evaluable":[],"policy":"075f4822b6de51bf9d416af15f00893cc57dc488db82fd4248c4b388347b34d2","policy_snapshot":"v1:075f48","reason":"rule `huge` says deny","review_result":false,"risk":"medium","rules":["huge"],"signals":{"first_time_action":true,"retry_count":0}}','62cc750047bfed35f157cb325dd69346a8f1cecae4502595aeb30df0efb6b04e','5b19eeefa4d3cdf1b74c43a2f2d13fc76ceb1743b01f6e215c82dee79d120c05');
INSERT INTO "entries" VALUES(10,'entry_l6xxumrg4ngzbrpermmz','call_je3qjgpidfyswnbvt6h5',2,'2026-01-01T00:00:00.000000Z','denied','denied','interlock','none','{"commitments":{"answer":"4f1ca2d55b1c2f2874fbcd439e4b6f3ba002166b3610c325357505ac765ff91f","claim":"bd473341f80b3d09bed08a379aeff85a1305afd7c435b1b4ca434742370e1e06","context":"85a8b86e5a84c33cc8d5c68d0e587e56ffd5dfaf70a6ded6ab0ac8c4af62bc81","judgement":"e6426290490572d52744c8b1c5ca23300adfc598c84ed4b633c281b629971b4d"}}','5b19eeefa4d3cdf1b74c43a2f2d13fc76ceb1743b01f6e215c82dee79d120c05','84c6394c0201e4f25361594f99f59eb5c0d5f73d35078036158be2d3f1a752fc');
INSERT INTO "entries" VALUES(11,'entry_trcw745caqen4rd57khd','call_ene7dnvm6gtnsw6ovfat',2,'2026-01-01T00:00:00.000000Z','held','held','interlock','none','{"behind":["req_nwvvtc2nfssctlr3qyke"]}','2bf97927bad78b5f4ff0abf566684cc43d406e55343d29354a739f221ab28035','431b46b9ed331d5bc8a0c037f8d67a8565cc91956964c1b6a5ff5d0a24dfab84');
INSERT INTO "entries" VALUES(12,'entry_rbgnc7xknx7zywkjv3xy','call_nqbvjhmzqwvqtvqhi7kb',3,'2026-01-01T00:00:00.000000Z','voted','approved','ana','local','{"answer":"approve","digest":"6afcdf50aaa71a79a8bc199621e106ca51c7ae9271f44bd56ef894bbf841b9b9","reason":"ok","request_id":"req_nwvvtc2nfssctlr3qyke"}','60601ed61d972f9615f41deb87809b297a5075c95e7708503cc3489025c7a4b3','67b7c157f06f58c6ae1ec995cb5926fe6078c4e2a372b1d3e49fb14f853460fc');
INSERT INTO "entries" VALUES(13,'entry_6pqqrfhh6lms3goa5egg','call_lfxlvjpngy7lvfkzk7s7',2,'2026-01-01T00:00:00.000000Z','claimed','executing','interlock','none','{"commitments":{"judgement":"07ba8680fd58c68ec62db65e15c474ee3b38b3d4aaca8a8e159a3692203b489a"},"digest":"4f5dbbe9430d225d32d848f09afa7b8874de4760c4fc0931eea3997281cf7820","effect":"read","fence":1,"guard":"cleared","lease_until":"2026-01-01T00:00:30+00:00"}','326e8fbafce5d037c5420b83fa60841cde91b9e716447df5c9bc6ac947f4531b','5db617d9803b6aced329b05cdac431e64cee70ce2111682a6664384e4917092a');
INSERT INTO "entries" VALUES(14,'entry_3daop6xh57lqm43hdepl','call_lfxlvjpngy7lvfkzk7s7',3,'2026-01-01T00:00:00.000000Z','done','done','interlock','none','{"fence":1}','5db617d9803b6aced329b05cdac431e64cee70ce2111682a6664384e4917092a','7239ef1f90880dfaab7225b78693b4e7473c846f234c9d997614871688f6d812');
INSERT INTO "entries" VALUES(15,'entry_tfytywypvtepppzd5lek','call_lfxlvjpngy7lvfkzk7s7',4,'2026-01-01T00:00:00.000000Z','inspected','inspected','interlock','none','{"findings":0,"job_id":"call_lfxlvjpngy7lvfkzk7s7","original_fields_redacted":0,"output_safety_decision":"ALLOW","policy_snapshot":"v1:075f48","redaction_details":[]}','7239ef1f90880dfaab7225b78693b4e7473c846f234c9d997614871688f6d812','67000d98e65ac9147523824677b13708b69c0ec96967087bd1b708474ba6c3fc');
INSERT INTO "entries" VALUES(16,'entry_hgxuz4i3im4pdqdxtkhd','call_lfxlvjpngy7lvfkzk7s7',5,'2026-01-01T00:00:00.000000Z','released','released','interlock','none','{"commitments":{"answer":"fd4fa45172369015590055e6d611efdf15ccc8cd748009c88f39e5ed2672f75b"},"outcome":"done"}','67000d98e65ac9147523824677b13708b69c0ec96967087bd1b708474ba6c3fc','25b3859270e7aa789a25ec26a3541afb1ec5c848ac20f1fe2178cef9cac48915');
INSERT INTO "entries" VALUES(17,'entry_z5q5wqfare64vykj7nqr','call_nqbvjhmzqwvqtvqhi7kb',4,'2026-01-01T00:00:00.000000Z','claimed','executing','interlock','none','{"commitments":{"judgement":"0d8526274aa2538ff3083bb4381f10d839c14424ca5c2d9adbb3926d1bc6203a"},"digest":"6afcdf50aaa71a79a8bc199621e106ca51c7ae9271f44bd56ef894bbf841b9b9","effect":"non_idempotent","fence":1,"guard":"cleared","lease_until":"2026-01-01T00:00:30+00:00"}','67b7c157f06f58c6ae1ec995cb5926fe6078c4e2a372b1d3e49fb14f853460fc','2c3f1d9160935416cc203bfed207135c4d22a61f8b75aab692a453cc96a0cd28');
INSERT INTO "entries" VALUES(18,'entry_ofzwgy3bkrfrk7d3ick3','call_nqbvjhmzqwvqtvqhi7kb',5,'2026-01-01T00:00:00.000000Z','done','done','interlock','none','{"fence":1}','2c3f1d9160935416cc203bfed207135c4d22a61f8b75aab692a453cc96a0cd28','dc7c56184c67b0a1b88b042b72e4e4e26a548e6ab5c22339b7ff2943fcc95dc6');
INSERT INTO "entries" VALUES(19,'entry_fajka2eb6wwniu2j4nfn','call_nqbvjhmzqwvqtvqhi7kb',6,'2026-01-01T00:00:00.000000Z','inspected','inspected','interlock','none','{"findings":0,"job_id":"call_nqbvjhmzqwvqtvqhi7kb","original_fields_redacted":0,"output_safety_decision":"ALLOW","policy_snapshot":"v1:075f48","redaction_details":[]}','dc7c56184c67b0a1b88b042b72e4e4e26a548e6ab5c22339b7ff2943fcc95dc6','aefdaa692172a479fee7eaf4586429cde18bc588022cab2ee058f2d224e08b50');
INSERT INTO "entries" VALUES(20,'entry_gnegkf32pxw33uzpgps6','call_nqbvjhmzqwvqtvqhi7kb',7,'2026-01-01T00:00:00.000000Z','released','released','interlock','none','{"commitments":{"answer":"3ab5e77506d6e6e35e7214d83d58ddd6f7912be08d8f4ae5047dda38cbc49a03"},"outcome":"done"}','aefdaa692172a479fee7eaf4586429cde18bc588022cab2ee058f2d224e08b50','b418a22cbe627849fc18b937f597e44d792c4f18e37713159f8dbeda94581566');
INSERT INTO "entries" VALUES(21,'entry_hesknnm5k7x2ecs3z3rk','call_ene7dnvm6gtnsw6ovfat',3,'2026-01-01T00:00:00.000000Z','claimed','executing','interlock','none','{"commitments":{"judgement":"c75e835b883d2d7f4692962535efd2baa03cf1bb125d129d6774078cffc474f1"},"digest":"62b257285cd7ddf3880f803272040a642849049dd188799b79317e810fea52de","effect":"non_idempotent","fence":1,"guard":"cleared","lease_until":"2026-01-01T00:00:30+00:00"}','431b46b9ed331d5bc8a0c037f8d67a8565cc91956964c1b6a5ff5d0a24dfab84','6ac5098c7fc68508f5e48c780ff2c7de758a7214b73483805686cfb29d0acab3');
INSERT INTO "entries" VALUES(22,'entry_6x5esyz35qbuksejandy','call_ene7dnvm6gtnsw6ovfat',4,'2026-01-01T00:00:00.000000Z','done','done','interlock','none','{"fence":1}','6ac5098c7fc68508f5e48c780ff2c7de758a7214b73483805686cfb29d0acab3','6956ff226d07ff7c46dd4f8d60620aae0258244e9655b50ab6f02777effd5212');
INSERT INTO "entries" VALUES(23,'entry_37honj27nafopefuzv2g','call_ene7dnvm6gtnsw6ovfat',5,'2026-01-01T00:00:00.000000Z','inspected','inspected','interlock','none','{"findings":0,"job_id":"call_ene7dnvm6gtnsw6ovfat","original_fields_redacted":0,"output_safety_decision":"ALLOW","policy_snapshot":"v1:075f48","redaction_details":[]}','6956ff226d07ff7c46dd4f8d60620aae0258244e9655b50ab6f02777effd5212','7c8bd7a522b6b679b049350601facd586902c1aca3b39bc4aee8196f50167f9d');
INSERT INTO "entries" VALUES(24,'entry_orsgeyc7unl4oyu2pfdj','call_ene7dnvm6gtnsw6ovfat',6,'2026-01-01T00:00:00.000000Z','released','released','interlock','none','{"commitments":{"answer":"8e80fa98eb7c0e9db6516869f539c0e3885906054eefc62c25fa6f4337c8b64b"},"outcome":"done"}','7c8bd7a522b6b679b049350601facd586902c1aca3b39bc4aee8196f50167f9d','783f0c805538d6a4ee09e575891c8e1aaee75ff94bb833f05243710c94dc08ac');
INSERT INTO "entries" VALUES(25,'entry_4rv746taghhlggpwozki','call_gtqxlceka3lo6z523gsc',0,'2026-01-01T00:00:00.000000Z','proposed','proposed','bot','none','{"agent":{"id":"bot","model":null,"owner":null,"version":null},"call_key":["","main","t","","m2","c0"],"context_chain":[],"digest":"effc5e23ab7323c0426530c5c9bea0baba2dbc49ec59ac54166e1e36a36f3a41","editors":[],"principal":"","revision":0,"tool":"pay","tool_schema":""}','0000000000000000000000000000000000000000000000000000000000000000','50f0080c69b219c9c6b7b769b781b6a4fa2a14e757ba145cdf6a7532efc108e3');
INSERT INTO "entries" VALUES(26,'entry_e27dxrd57xkglqbyi4k5','call_gtqxlceka3lo6z523gsc',1,'2026-01-01T00:00:00.000000Z','decided','decided','interlock','none','{"effect":"non_idempotent","facts":["amount"],"kind":"require_approval","level":0,"not_evaluable":[],"policy":"075f4822b6de51bf9d416af15f00893cc57dc488db82fd4248c4b388347b34d2","policy_snapshot":"v1:075f48","reason":"rule `rest` says require_approval","review_result":false,"risk":"medium","rules":["rest"],"signals":{"first_time_action":false,"retry_count":0},"terms":{"approval_ttl_s":600,"editor_may_approve":false,"execution_ttl_s":3600,"inline":false,"reason_required":false}}','50f0080c69b219c9c6b7b769b781b6a4fa2a14e757ba145cdf6a7532efc108e3','9c42ff2013711240955183c71e7d6c250cac573bc60f253b10828fe3c14d7417');
INSERT INTO "entries" VALUES(27,'entry_y3xsj3gl7nde5blowhff','call_gtqxlceka3lo6z523gsc',2,'2026-01-01T00:00:00.000000Z','asked','pending','interlock','none','{"commitments":{"claim":"7398224f3c1de2cd6822079ef5d801a78e77925da28fda8763a98a258c03d424","context":"f479a7d4b4d0a30e556b1d451683c507bda2e7e107b9cddd99fb5183ea74697d","judgement":"a143b7f3ac9a09f557828dcb3f7613c915828cb337e322968072e00ada3fe3c7"},"created_at":"2026-01-01T00:00:00.000000Z","digest":"effc5e23ab7323c0426530c5c9bea0baba2dbc49ec59ac54166e1e36a36f3a41","excluded":["bot"],"expires_at":"2026-01-01T00:10:00.000000Z","request_id":"req_4kexhk4gsnq2zyprkl4d","risk":"medium","terms":{"approval_ttl_s":600,"editor_may_approve":false,"execution_ttl_s":3600,"inline":false,"reason_required":false}}','9c42ff2013711240955183c71e7d6c250cac573bc60f253b10828fe3c14d7417','1f45662e08c6fd8b92641522f74fa783da5704561fc8b08cdb392dc0d78f6cbe');
INSERT INTO "entries" VALUES(28,'entry_suolop7eggqvqaceklkr','call_m26ditsa3smvrmhsdi2l',0,'2026-01-01T00:00:00.000000Z','proposed','proposed','bot','none','{"agent":{"id":"bot","model":null,"owner":null,"version":null},"call_key":["","main","t","","m3","c0"],"context_chain":[],"digest":"ad5f86dfa003b4326e936b4b3e195887702a47ad09dd1fb054e7864b0aa4418f","editors":[],"principal":"","revision":0,"tool":"pay","tool_schema":""}','0000000000000000000000000000000000000000000000000000000000000000','16fc67a3f14b0f51a4331213dfaedcab7c1604b5d5dbb1036240a8c7d6b896b0');
INSERT INTO "entries" VALUES(29,'entry_5za4vfehol3555xmo5nt','call_m26ditsa3smvrmhsdi2l',1,'2026-01-01T00:00:00.000000Z','decided','decided','interlock','none','{"effect":"non_idempotent","facts":["amount"],"kind":"require_approval","level":0,"not_evaluable":[],"policy":"075f4822b6de51bf9d416af15f00893cc57dc488db82fd4248c4b388347b34d2","policy_snapshot":"v1:075f48","reason":"rule `rest` says require_approval","review_result":false,"risk":"medium","rules":["rest"],"signals":{"first_time_action":false,"retry_count":0},"terms":{"approval_ttl_s":600,"editor_may_approve":false,"execution_ttl_s":3600,"inline":false,"reason_required":false}}','16fc67a3f14b0f51a4331213dfaedcab7c1604b5d5dbb1036240a8c7d6b896b0','4c460207ae14caad1c32773179a348af7708821dfcc32897a0d74fe6dbc33ebe');
INSERT INTO "entries" VALUES(30,'entry_inbzqkdxnco7rz66ryfz','call_m26ditsa3smvrmhsdi2l',2,'2026-01-01T00:00:00.000000Z','asked','pending','interlock','none','{"commitments":{"claim":"93a0d57fdb98cd848f01cc473e29066a6c6aab3736048cff7e22801d29d9df13","context":"a87c89ea171f796f020e38e084c346a9105e730dcfa9940326bedc93f92db2c1","judgement":"4cc7f85221f4e2f97fcdfa8164c4ff8a3b95209393195b8b9ae29e9f4b2b247f"},"created_at":"2026-01-01T00:00:00.000000Z","digest":"ad5f86dfa003b4326e936b4b3e195887702a47ad09dd1fb054e7864b0aa4418f","excluded":["bot"],"expires_at":"2026-01-01T00:10:00.000000Z","request_id":"req_y5jrhthfizcazfd5a2me","risk":"medium","terms":{"approval_ttl_s":600,"editor_may_approve":false,"execution_ttl_s":3600,"inline":false,"reason_required":false}}','4c460207ae14caad1c32773179a348af7708821dfcc32897a0d74fe6dbc33ebe','94037c9ecaf198b72b9acc03a33959c61a83f31e572a8a45ca0de387488c6990');
INSERT INTO "entries" VALUES(31,'entry_4bz6xmdnbwvrzlb5krff','call_m26ditsa3smvrmhsdi2l',3,'2026-01-01T00:00:00.000000Z','voted','superseded','ana','local','{"answer":"edit","digest":"ad5f86dfa003b4326e936b4b3e195887702a47ad09dd1fb054e7864b0aa4418f","reason":"","request_id":"req_y5jrhthfizcazfd5a2me"}','94037c9ecaf198b72b9acc03a33959c61a83f31e572a8a45ca0de387488c6990','c10a2a4b0fd8d008e26e75666c3aa1e01e258d3312c00bd649d8524f6472062f');
INSERT INTO "entries" VALUES(32,'entry_5umwrffw2edje4dvmzou','call_wgzpxz5upcpxvqtkqm2w',0,'2026-01-01T00:00:00.000000Z','proposed','proposed','bot','none','{"agent":{"id":"bot","model":null,"owner":null,"version":null},"call_key":["","main","t","","m3","c0"],"context_chain":[],"digest":"70b539b1a8b2f09f6eee00029c1e8d74062035ca1bc8734469dc50656ab907f7","editors":["ana"],"principal":"","revision":1,"tool":"pay","tool_schema":""}','0000000000000000000000000000000000000000000000000000000000000000','d8c244b337ed10bb747db1b71913e3918d5f250a43c8d75388774b88d6563def');
INSERT INTO "entries" VALUES(33,'entry_teazedhhs4xa4p3spbzv','call_wgzpxz5upcpxvqtkqm2w',1,'2026-01-01T00:00:00.000000Z','decided','decided','interlock','none','{"effect":"non_idempotent","facts":["amount"],"kind":"require_approval","level":0,"not_evaluable":[],"policy":"075f4822b6de51bf9d416af15f00893cc57dc488db82fd4248c4b388347b34d2","policy_snapshot":"v1:075f48","reason":"rule `rest` says require_approval","review_result":false,"risk":"medium","rules":["rest"],"signals":{"first_time_action":false,"retry_count":0},"terms":{"approval_ttl_s":600,"editor_may_approve":false,"execution_ttl_s":3600,"inline":false,"reason_required":false}}','d8c244b337ed10bb747db1b71913e3918d5f250a43c8d75388774b88d6563def','f37b41f1cb892e148c79929ffd59513039a31991be5239cbb2e9538b9a4184d4');
INSERT INTO "entries" VALUES(34,'entry_xyrh3yvxntlzgyezxvua','call_wgzpxz5upcpxvqtkqm2w',2,'2026-01-01T00:00:00.000000Z','asked','pending','interlock','none','{"commitments":{"claim":"0b0c4af64ccfc272c4ef9e7fb0efada06f1025c9c7135298f3af0fde15a0824e","context":"f382469c9aad7cb2080691755881d3a2e309905a3aa5c64b0067f0b47e63708e","judgement":"ca202f8dbd5f174c855eaaee4f67579a40d630952dbad5786f167dce69ccc1ae"},"created_at":"2026-01-01T00:00:00.000000Z","digest":"70b539b1a8b2f09f6eee00029c1e8d74062035ca1bc8734469dc50656ab907f7","excluded":["ana","bot"],"expires_at":"2026-01-01T00:10:00.000000Z","request_id":"req_vv574b7vvecx4aqaiodo","risk":"medium","terms":{"approval_ttl_s":600,"editor_may_approve":false,"execution_ttl_s":3600,"inline":false,"reason_required":false}}','f37b41f1cb892e148c79929ffd59513039a31991be5239cbb2e9538b9a4184d4','c2bfb60c487cdfeb6cc73b6f8c1ff93039cec00a8ef4317dc6f4362a62ecb04f');
INSERT INTO "entries" VALUES(35,'entry_7zdg6ak5isbkefdddhwr','ledger',0,'2026-01-01T00:00:00.000000Z','level_set','new','ana','local','{"agent":"bot","from":null,"reason":"good","tenant":"","to":1}','0000000000000000000000000000000000000000000000000000000000000000','b517d89fac2a1a1caa81e6cc828d45c6716ac65c70722402a9809d22fc7ddc25');
CREATE TABLE executions (
	call_id TEXT NOT NULL, 
	fence INTEGER NOT NULL, 
	claimed_at TEXT NOT NULL, 
	worker TEXT NOT NULL, 
	ended_at TEXT, 
	outcome TEXT, 
	PRIMARY KEY (call_id, fence)
)
 WITHOUT ROWID

;
INSERT INTO "executions" VALUES('call_ene7dnvm6gtnsw6ovfat',1,'2026-01-01T00:00:00.000000Z','worker','2026-01-01T00:00:00.000000Z','done');
INSERT INTO "executions" VALUES('call_lfxlvjpngy7lvfkzk7s7',1,'2026-01-01T00:00:00.000000Z','worker','2026-01-01T00:00:00.000000Z','done');
INSERT INTO "executions" VALUES('call_nqbvjhmzqwvqtvqhi7kb',1,'2026-01-01T00:00:00.000000Z','worker','2026-01-01T00:00:00.000000Z','done');
CREATE TABLE levels (
	tenant TEXT NOT NULL, 
	agent TEXT NOT NULL, 
	level INTEGER NOT NULL, 
	since TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (tenant, agent)
);
INSERT INTO "levels" VALUES('','bot',1,'2026-01-01T00:00:00.000000Z','ana','good');
CREATE TABLE outputs (
	call_id TEXT NOT NULL, 
	sealed BLOB NOT NULL, 
	inspection TEXT NOT NULL, 
	state TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	PRIMARY KEY (call_id)
);
CREATE TABLE policies (
	digest TEXT NOT NULL, 
	snapshot TEXT NOT NULL, 
	document TEXT NOT NULL, 
	first_used TEXT NOT NULL, 
	PRIMARY KEY (digest)
);
INSERT INTO "policies" VALUES('075f4822b6de51bf9d416af15f00893cc57dc488db82fd4248c4b388347b34d2','v1:075f48','{"rules": [{"decision": "allow", "id": "reads", "match": {"risk_tags": ["read"]}}, {"decision": "allow_with_constraints", "id": "limited", "match": {"tools": ["note"]}}, {"decision": "require_approval", "id": "rest", "match": {"tools": ["pay"]}, "review": {"approval_ttl_sec": 600}}, {"decision": "deny", "id": "huge", "match": {"amount_above": 1000, "tools": ["pay"]}}], "tools": {"orders.*": {"effect": "read", "risk_tags": ["read"]}, "pay": {"facts": {"amount": "args.amount"}}}, "version": "v1"}','2026-01-01T00:00:00.000000Z');
CREATE TABLE requests (
	id TEXT NOT NULL, 
	call_id TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	state TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	expires_at TEXT NOT NULL, 
	terms TEXT NOT NULL, 
	excluded TEXT NOT NULL, 
	risk TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "requests" VALUES('req_nwvvtc2nfssctlr3qyke','call_nqbvjhmzqwvqtvqhi7kb','6afcdf50aaa71a79a8bc199621e106ca51c7ae9271f44bd56ef894bbf841b9b9','approved','2026-01-01T00:00:00.000000Z','2026-01-01T00:10:00.000000Z','{"approval_ttl_s":600.0,"execution_ttl_s":3600.0,"inline":false,"editor_may_approve":false,"reason_required":false}','["bot"]','medium');
INSERT INTO "requests" VALUES('req_4kexhk4gsnq2zyprkl4d','call_gtqxlceka3lo6z523gsc','effc5e23ab7323c0426530c5c9bea0baba2dbc49ec59ac54166e1e36a36f3a41','open','2026-01-01T00:00:00.000000Z','2026-01-01T00:10:00.000000Z','{"approval_ttl_s":600.0,"execution_ttl_s":3600.0,"inline":false,"editor_may_approve":false,"reason_required":false}','["bot"]','medium');
INSERT INTO "requests" VALUES('req_y5jrhthfizcazfd5a2me','call_m26ditsa3smvrmhsdi2l','ad5f86dfa003b4326e936b4b3e195887702a47ad09dd1fb054e7864b0aa4418f','superseded','2026-01-01T00:00:00.000000Z','2026-01-01T00:10:00.000000Z','{"approval_ttl_s":600.0,"execution_ttl_s":3600.0,"inline":false,"editor_may_approve":false,"reason_required":false}','["bot"]','medium');
INSERT INTO "requests" VALUES('req_vv574b7vvecx4aqaiodo','call_wgzpxz5upcpxvqtkqm2w','70b539b1a8b2f09f6eee00029c1e8d74062035ca1bc8734469dc50656ab907f7','open','2026-01-01T00:00:00.000000Z','2026-01-01T00:10:00.000000Z','{"approval_ttl_s":600.0,"execution_ttl_s":3600.0,"inline":false,"editor_may_approve":false,"reason_required":false}','["ana","bot"]','medium');
CREATE TABLE schemas (
	name TEXT NOT NULL, 
	tool TEXT NOT NULL, 
	schema TEXT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE votes (
	seq INTEGER NOT NULL, 
	request_id TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	answer TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	auth TEXT NOT NULL, 
	at TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (seq)
);
INSERT INTO "votes" VALUES(1,'req_nwvvtc2nfssctlr3qyke','6afcdf50aaa71a79a8bc199621e106ca51c7ae9271f44bd56ef894bbf841b9b9','approve','ana','local','2026-01-01T00:00:00.000000Z','ok');
INSERT INTO "votes" VALUES(2,'req_y5jrhthfizcazfd5a2me','ad5f86dfa003b4326e936b4b3e195887702a47ad09dd1fb054e7864b0aa4418f','edit','ana','local','2026-01-01T00:00:00.000000Z','');
CREATE INDEX ix_calls_attempts ON calls (tenant, agent, tool, thread_id, fingerprint, created_at);
CREATE INDEX ix_calls_outcome ON calls (tenant, agent, tool, outcome, thread_id, created_at);
CREATE INDEX ix_calls_pending ON calls (created_at) WHERE state = 'pending';
CREATE INDEX ix_calls_turn ON calls (turn);
CREATE INDEX ix_requests_call ON requests (call_id);
CREATE INDEX ix_requests_open ON requests (state, expires_at);
CREATE INDEX ix_votes_request ON votes (request_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('entries',35);
COMMIT;