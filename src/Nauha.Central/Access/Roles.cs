namespace Nauha.Central.Access;

/// <summary>What each role may do. Who is not trained and active may nothing. RIGHTS.md is made from this table.</summary>
public static class Roles
{
    private static readonly Dictionary<string, (string What, Right[] Rights)> Table = new()
    {
        ["listener"] = ("finds calls and hears them, each time for a stated reason", [Right.Search, Right.Listen, Right.Export]),
        ["supervisor"] = ("a listener who also asks that a call be held or destroyed early, and confirms what another asked", [Right.Search, Right.Listen, Right.Export, Right.Hold, Right.ConfirmHold, Right.Destroy, Right.Mask, Right.SeeAppliances, Right.SeeReports]),
        ["dpo"] = ("data-protection officer: confirms holds and early destruction, says which numbers are never recorded, and reads why others listened", [Right.Search, Right.Listen, Right.Export, Right.Hold, Right.ConfirmHold, Right.Destroy, Right.ConfirmDestroy, Right.Exclude, Right.Mask, Right.SeeAudit, Right.OpenAudit, Right.SeeReports, Right.SeeAppliances]),
        ["trainer"] = ("records that somebody else was trained", [Right.Train]),
        ["technician"] = ("brings appliances in and looks after them; sees no call", [Right.SeeAppliances, Right.ManageAppliances]),
        ["administrator"] = ("makes accounts and gives them roles, runs central; hears nothing", [Right.ManageUsers, Right.SeeAppliances, Right.ManageAppliances, Right.SeeAudit, Right.SeeReports, Right.RunRetention, Right.Backup]),
        ["auditor"] = ("reads the log, reasons included, and the reports; sees no call", [Right.SeeAudit, Right.OpenAudit, Right.SeeReports, Right.SeeAppliances]),
    };

    public static IReadOnlyCollection<string> All => Table.Keys;

    public static string WhatDoes(string role) => Table[role].What;

    public static bool Has(string role, Right right) => Table.TryGetValue(role, out var row) && row.Rights.Contains(right);

    public static bool May(this Account account, Right right) => account.IsActive && Has(account.Role, right);

    public static string WhatIs(Right right) => right switch
    {
        Right.Search => "find calls and see a call's page",
        Right.Listen => "hear a call",
        Right.Export => "take a call away, as sound or sealed",
        Right.Hold => "ask that a call be held, and freeze it until that is confirmed",
        Right.ConfirmHold => "confirm a hold that another person asked for",
        Right.Destroy => "ask that a call be destroyed early",
        Right.ConfirmDestroy => "confirm an early destruction that another person asked for",
        Right.Exclude => "say which numbers are never recorded, and see which are",
        Right.Mask => "mask what is said on a line of an appliance, for minutes",
        Right.Train => "record that another person was trained",
        Right.ManageUsers => "activate and deactivate accounts of others, change their roles",
        Right.SeeAppliances => "see the fleet and its alarms",
        Right.ManageAppliances => "expect and revoke appliances, say whose badge is whose",
        Right.SeeAudit => "read the whole log, without its sealed part",
        Right.OpenAudit => "open the log's sealed part: reasons, cases, what was searched",
        Right.SeeReports => "read reports: counts and days, no calls",
        Right.RunRetention => "run the destruction of days that are due",
        Right.Backup => "make a backup and restore one",
        _ => throw new ArgumentOutOfRangeException(nameof(right)),
    };
}
