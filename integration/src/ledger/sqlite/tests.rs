//! Settings, locks and full disks: what only the inside can see.
