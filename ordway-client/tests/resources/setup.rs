//! Accounts, customer notes, webhooks, notification settings.

use ordway_client::chart_of_accounts::{Account, AccountType};
use ordway_client::customer_notes::CustomerNote;
use ordway_client::customers::ActiveStatus;
use ordway_client::notifications::{NotificationSetting, NotificationSettings, NotificationUpdate};
use ordway_client::webhooks::{Webhook, WebhookHeader, WebhookVerbs};
use serde_json::json;

use crate::records::check;

#[test]
fn accounts() {
    let sample = json!({"code": "1200", "name": "Receivables", "account_type": "Assets", "sub_type": "Current Asset",
        "parent_account": "", "status": "Active", "description": "", "integration_status": "",
        "integration_failed_attempts": 0, "integration_messages": {}, "created_by": "a@b.example",
        "updated_by": "a@b.example", "created_date": "2025-03-11T06:42:28.441Z",
        "updated_date": "2025-03-11T06:42:28.441Z", "custom_fields": {}});
    let hidden = ["integration_messages", "created_by", "updated_by", "custom_fields"];
    let account = check::<Account>(Account::MEMBERS, Some("code"), &sample, &hidden);
    assert_eq!(account.account_type, Some(AccountType::Assets));
}

#[test]
fn customer_notes() {
    let sample = json!({"id": 17, "title": "Call", "description": "Asked for a discount", "file_upload_file_name": "",
        "file_upload_content_type": "", "file_upload_file_size": 0, "file_upload_updated_at": "",
        "has_versions": false, "created_at": "2025-03-11T06:42:28.441Z", "updated_at": "2025-03-11T06:42:28.441Z",
        "user_id": 3, "customer_id": 5, "company_id": 7});
    let hidden = ["title", "description", "file_upload_file_name"];
    let note = check::<CustomerNote>(CustomerNote::MEMBERS, Some("id"), &sample, &hidden);
    assert_eq!(
        (note.id.as_str(), note.user_id, note.has_versions.as_deref()),
        ("17", Some(3), Some("false"))
    );
}

#[test]
fn webhooks() {
    let plain = json!({"name": "Webhook 1", "url": "https://receiver.example/x", "status": "active",
        "events": {"Product": {"create": true, "edit": true, "remove": ""}}, "headers": []});
    let hidden = ["url", "created_by", "updated_by"];
    let webhook = check::<Webhook>(Webhook::MEMBERS, Some("name"), &plain, &hidden);
    assert_eq!(webhook.status, Some(ActiveStatus::Active));
    assert_eq!((webhook.events["Product"].edit, webhook.events["Product"].remove), (Some(true), None));

    let guarded = json!({"name": "To us", "url": "https://receiver.example/CANARY", "status": "active",
        "events": {"Credit": {"create": true, "edit": true, "remove": true}, "JournalEntry": {"create": "", "edit": "", "remove": ""}},
        "headers": [{"key": "Content-Type", "value": "application/json"}, {"key": "X-Company-Token", "value": "CANARY"}],
        "created_by": "", "updated_by": "", "created_date": "", "updated_date": ""});
    let webhook = check::<Webhook>(Webhook::MEMBERS, Some("name"), &guarded, &hidden);
    assert_eq!(webhook.headers[1].value.as_deref(), Some("CANARY"));
    let shown = format!("{webhook:?}");
    assert!(shown.contains("X-Company-Token") && !shown.contains("CANARY"), "{shown}");
    check::<WebhookHeader>(WebhookHeader::MEMBERS, None, &json!({"key": "k", "value": "v"}), &["value"]);
    check::<WebhookVerbs>(
        WebhookVerbs::MEMBERS,
        None,
        &json!({"create": true, "edit": "", "remove": false}),
        &[],
    );
}

#[test]
fn notifications() {
    let setting = json!({"event_type": "Billing Run", "email_enabled": false, "notification_enabled": true});
    check::<NotificationSetting>(NotificationSetting::MEMBERS, None, &setting, &[]);
    let sample = json!({"notification_settings": [setting]});
    check::<NotificationSettings>(NotificationSettings::MEMBERS, None, &sample, &[]);
    let done = json!({"message": "Notification settings updated successfully"});
    check::<NotificationUpdate>(NotificationUpdate::MEMBERS, None, &done, &[]);
}
