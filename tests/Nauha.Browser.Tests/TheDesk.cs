using System.Text.Json;
using Microsoft.Playwright;
using Nauha.EndToEnd.Tests;
using Shouldly;

namespace Nauha.Browser.Tests;

/// <summary>The Desk in a real Chromium, over a real call; every page is looked over by axe-core, in each language.</summary>
public sealed class TheDesk
{
    private const string Chromium = "/usr/bin/chromium";

    [Fact]
    public async Task A_listener_signs_in_finds_a_call_says_why_and_hears_it()
    {
        Assert.SkipUnless(File.Exists(Chromium), "Chromium is not installed (Debian package chromium)");
        await using var branch = await Branch.OpenAsync();
        await branch.StartRecorderAsync("""[{"line":1,"agent":"desk-1","calls":[{"kind":"incoming","at":1,"number":"0409990123","talkSeconds":8}]}]""");
        await branch.CallsAsync(c => c.Count == 1 && c[0].GetProperty("receiptUtc").ValueKind == JsonValueKind.String);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"],
        });
        foreach (var language in new[] { "fi", "sv", "en" }) await VisitAsync(branch, browser, language);
    }

    private static async Task<(IBrowserContext Context, IPage Page, List<string> Problems)> OpenAsync(IBrowser browser, string language)
    {
        var context = await browser.NewContextAsync(new() { IgnoreHTTPSErrors = true, Locale = language, ViewportSize = new() { Width = 1_200, Height = 900 } });
        var page = await context.NewPageAsync();
        var problems = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error") problems.Add(message.Text);
        };
        return (context, page, problems);
    }

    private static async Task SignInAsync(Branch branch, IPage page, string user, string language)
    {
        await page.GotoAsync(branch.Url("/").ToString());
        page.Url.ShouldContain("/sign-in");
        (await page.GetAttributeAsync("html", "lang")).ShouldBe(language);
        await LookOverAsync(page, $"{language}-sign-in");
        await page.FillAsync("#user", user);
        await page.FillAsync("#password", Branch.Password);
        await page.ClickAsync("main button");
    }

    private static async Task VisitAsync(Branch branch, IBrowser browser, string language)
    {
        var (context, page, problems) = await OpenAsync(browser, language);
        await using var _ = context;
        await SignInAsync(branch, page, "listener", language);
        await page.WaitForURLAsync("**/calls");
        (await page.Locator("header nav a[href='/appliances'], header nav a[href='/people']").CountAsync()).ShouldBe(0, "in the menu stands only what one may see");
        await LookOverAsync(page, $"{language}-search");

        await page.FillAsync("#number", "+358 40 999 0123");
        await WhyAsync(page);
        await page.ClickAsync("main > form button");
        await page.WaitForSelectorAsync("tbody tr");
        page.Url.ShouldNotContain("999", Case.Insensitive, "nothing personal stands in an address");
        (await page.InnerTextAsync("tbody")).ShouldContain("0409990123");
        await LookOverAsync(page, $"{language}-found");

        await page.ClickAsync("tbody a");
        (await page.ContentAsync()).ShouldNotContain("0409990123", Case.Insensitive, "a call's page shows nothing before it was said why");
        await LookOverAsync(page, $"{language}-why");
        await WhyAsync(page);
        await page.ClickAsync("main > form button");
        await page.WaitForSelectorAsync("#player");
        await LookOverAsync(page, $"{language}-call");
        await UntilAsync(page, "document.getElementById('player').readyState >= 1");
        (await page.EvaluateAsync<double>("document.getElementById('player').duration")).ShouldBe(8.2, 0.05);
        await page.FocusAsync("main");
        await page.Keyboard.PressAsync(" ");
        await UntilAsync(page, "document.getElementById('player').currentTime > 0.3");
        await page.Keyboard.PressAsync("ArrowRight");
        await UntilAsync(page, "document.getElementById('player').currentTime > 5");
        var download = await page.RunAndWaitForDownloadAsync(() => page.ClickAsync("form[action$='/export'] button"));
        new FileInfo(await download.PathAsync()).Length.ShouldBeGreaterThan(8 * 16_000);

        await page.ClickAsync("header nav a[href='/log']");
        var log = await page.InnerTextAsync("tbody");
        foreach (var word in language switch { "fi" => new[] { "kuuntelu", "jäljennös", "sekunnit 0-" }, "sv" => ["lyssning", "kopia", "sekunderna 0-"], _ => ["listening", "copy", "seconds 0-"] }) log.ShouldContain(word);
        (await page.ContentAsync()).ShouldNotContain("0409990123");
        await LookOverAsync(page, $"{language}-log");
        await page.ClickAsync("header a[href='/password']");
        await page.FillAsync("#old", "not the password");
        await page.FillAsync("#new", "a password of twelve and more");
        await page.ClickAsync("main button");
        (await page.InnerTextAsync("[role=status]")).ShouldNotBeEmpty();
        problems.RemoveAll(p => p.Contains("400", StringComparison.Ordinal));   // the refusal that was asked for
        await LookOverAsync(page, $"{language}-password");
        await page.GotoAsync(branch.Url("/appliances").ToString());
        (await page.ContentAsync()).ShouldNotContain(branch.Appliance, Case.Insensitive, "what one may not see is not shown by its address either");
        problems.RemoveAll(p => p.Contains("403", StringComparison.Ordinal));
        await LookOverAsync(page, $"{language}-refused");
        await page.SetViewportSizeAsync(320, 700);
        await page.GotoAsync(branch.Url("/calls").ToString());
        (await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= 320")).ShouldBeTrue("nothing runs out of a narrow page");
        await LookOverAsync(page, $"{language}-narrow");
        await page.ClickAsync("header form button");
        await page.WaitForURLAsync("**/sign-in");
        problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_administrator_a_trainer_and_a_technician_do_their_work_in_each_language_and_hear_nothing()
    {
        Assert.SkipUnless(File.Exists(Chromium), "Chromium is not installed (Debian package chromium)");
        await using var branch = await Branch.OpenAsync(demo: false);
        await branch.AddUserAsync("trainer", "trainer");
        (await branch.CentralCommandAsync("user", "first-trainer", "trainer")).ExitCode.ShouldBe(0);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
        foreach (var language in new[] { "fi", "sv", "en" })
        {
            var technician = $"technician-{language}";
            await branch.AddUserAsync(technician, "technician");
            var (training, page, problems) = await OpenAsync(browser, language);
            await using (training)
            {
                await SignInAsync(branch, page, "trainer", language);
                await page.WaitForURLAsync("**/training");
                await page.FillAsync("#user", technician);
                await page.FillAsync("#course", "appliances");
                await page.PressAsync("#course", "Enter");
                await page.WaitForSelectorAsync("[role=status]");
                await LookOverAsync(page, $"{language}-training");
                problems.ShouldBeEmpty();
            }
            (training, page, problems) = await OpenAsync(browser, language);
            await using (training)
            {
                await SignInAsync(branch, page, "listener", language);   // the first account of a store that is no demo is its administrator
                await page.WaitForURLAsync("**/people");
                await LookOverAsync(page, $"{language}-people");
                // By keyboard alone: to the button of the row, and press it.
                await page.FocusAsync($"tr:has(th:text-is('{technician}')) button");
                await page.Keyboard.PressAsync("Enter");
                await page.WaitForSelectorAsync("[role=status]");
                (await page.Locator("header nav a[href='/calls']").CountAsync()).ShouldBe(0);
                await page.GotoAsync(branch.Url("/calls").ToString());
                (await page.Locator("#number").CountAsync()).ShouldBe(0, "an administrator searches no calls");
                problems.RemoveAll(p => p.Contains("403", StringComparison.Ordinal));
                await page.ClickAsync("header nav a[href='/log']");
                await LookOverAsync(page, $"{language}-whole-log");
                problems.ShouldBeEmpty();
            }
            (training, page, problems) = await OpenAsync(browser, language);
            await using (training)
            {
                await SignInAsync(branch, page, technician, language);
                await page.WaitForURLAsync("**/appliances");
                (await page.InnerTextAsync("main")).ShouldContain("Branch");
                await LookOverAsync(page, $"{language}-appliances");
                problems.ShouldBeEmpty();
            }
        }
    }

    [Fact]
    public async Task What_one_person_asks_for_a_caller_another_confirms_on_the_page_of_holds()
    {
        Assert.SkipUnless(File.Exists(Chromium), "Chromium is not installed (Debian package chromium)");
        await using var branch = await Branch.OpenAsync(demo: false);
        await branch.StartRecorderAsync("""[{"line":1,"agent":"desk-1","calls":[{"kind":"incoming","at":1,"number":"0409990123","talkSeconds":4}]}]""");
        foreach (var (user, role) in new[] { ("trainer", "trainer"), ("supervisor", "supervisor"), ("officer", "dpo") }) await branch.AddUserAsync(user, role);
        (await branch.CentralCommandAsync("user", "first-trainer", "trainer")).ExitCode.ShouldBe(0);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
        string? call = null;
        async Task AsAsync(string user, Func<IPage, Task> act)
        {
            var (context, page, problems) = await OpenAsync(browser, "fi");
            await using var _ = context;
            await SignInAsync(branch, page, user, "fi");
            await page.WaitForURLAsync(url => !url.Contains("sign-in", StringComparison.Ordinal));
            await act(page);
            problems.ShouldBeEmpty(user);
        }

        await AsAsync("trainer", async page =>
        {
            foreach (var user in new[] { "supervisor", "officer" })
            {
                await page.FillAsync("#user", user);
                await page.FillAsync("#course", "rekisteröidyn oikeudet");
                await page.ClickAsync("main button");
                await page.WaitForSelectorAsync("[role=status]");
            }
        });
        await AsAsync("listener", async page =>   // the first account of a store that is no demo is its administrator
        {
            foreach (var user in new[] { "supervisor", "officer" })
            {
                await page.ClickAsync($"tr:has(th:text-is('{user}')) button");
                await page.WaitForSelectorAsync($"tr:has(th:text-is('{user}')) form[action='/people/deactivate']");
            }
        });
        await AsAsync("supervisor", async page =>
        {
            // Until the call is at central a request freezes nothing: it is asked for until there is something.
            await Branch.EventuallyAsync(async () =>
            {
                await page.ClickAsync("header nav a[href='/calls']");
                await WhyAsync(page);
                await page.FillAsync("#number", "0409990123");
                await page.ClickAsync("main form button");
                await page.WaitForURLAsync("**/calls");
                var found = page.Locator("tbody tr:has-text('tallennettu') a");
                return await found.CountAsync() == 1 ? await found.GetAttributeAsync("href") : null;
            }, found => (call = found) is not null);
            await page.ClickAsync("header nav a[href='/holds']");
            await page.ClickAsync("summary");
            await page.SelectOptionAsync("#kind", "access");
            await page.FillAsync("#number", "040 999 0123");
            await page.FillAsync("#note", "soitti itse, numero tarkistettu takaisinsoitolla");
            await LookOverAsync(page, "fi-request");
            await page.ClickAsync("form[action='/requests'] button");
            (await page.InnerTextAsync("[role=status]")).ShouldContain("1 puhelua");
            (await page.Locator("form[action$='/confirm']").CountAsync()).ShouldBe(0, "nobody confirms his own");
            await LookOverAsync(page, "fi-holds-frozen");
        });
        await AsAsync("officer", async page =>
        {
            await page.ClickAsync("header nav a[href='/holds']");
            await page.ClickAsync("form[action^='/holds/'][action$='/confirm'] button");
            (await page.InnerTextAsync("main")).ShouldContain("vahvistettu");
            foreach (var language in new[] { "sv", "en", "fi" })
            {
                await page.GotoAsync(branch.Url($"/language/{language}").ToString());
                await page.ClickAsync("header nav a[href='/holds']");
                await LookOverAsync(page, $"{language}-holds");
            }
            await AskDestructionAsync(page);
            (await page.InnerTextAsync("[role=status]")).ShouldContain("Pura ensin kielto");
            await page.SelectOptionAsync("select[name=outcome]", "answered");
            await page.ClickAsync("form[action$='/close'] button");
            (await page.InnerTextAsync("main")).ShouldContain("vastattu");
        });
        await AsAsync("supervisor", async page =>
        {
            await AskDestructionAsync(page);
            (await page.Locator("form[action^='/destructions/']").CountAsync()).ShouldBe(0);
        });
        await AsAsync("officer", async page =>
        {
            await page.ClickAsync("header nav a[href='/holds']");
            await LookOverAsync(page, "fi-destruction-waits");
            await page.ClickAsync("form[action^='/destructions/'] button");
            (await page.Locator("form[action^='/destructions/']").CountAsync()).ShouldBe(0);
            await page.GotoAsync(branch.Url(call!).ToString());
            await WhyAsync(page);
            await page.ClickAsync("main form button");
            (await page.InnerTextAsync("main")).ShouldContain("hävitetty");
            (await page.Locator("summary").CountAsync()).ShouldBe(0, "there is nothing left to keep or to destroy");
        });

        async Task AskDestructionAsync(IPage page)
        {
            await page.GotoAsync(branch.Url(call!).ToString());
            await WhyAsync(page);
            await page.ClickAsync("main form button");
            await page.ClickAsync("summary >> nth=1");
            await page.SelectOptionAsync("#ground", "erasure-request");
            await page.FillAsync("#destroy-reason", "soittaja pyysi poistamista");
            await LookOverAsync(page, "fi-call-destroy");
            await page.ClickAsync("form[action$='/destroy'] button");
            await page.WaitForSelectorAsync("[role=status]");
        }
    }

    [Fact]
    public async Task Nobody_sees_a_call_without_signing_in()
    {
        await using var branch = await Branch.OpenAsync();
        using var http = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, shown, _, _) => shown is not null, AllowAutoRedirect = false });
        foreach (var path in new[] { "/", "/calls", "/log", "/appliances", "/people", "/training", "/password", "/calls/0123456789abcdef0123456789abcdef" })
        {
            var answer = await http.GetAsync(branch.Url(path));
            ((int)answer.StatusCode, answer.Headers.Location?.OriginalString).ShouldBe((302, "/sign-in"), path);
        }
        foreach (var path in new[] { "/admin/appliance/list", "/admin/keys/status" })
            ((int)(await http.GetAsync(branch.Url(path))).StatusCode).ShouldBe(404, "the operator's door is not on the network");
    }

    // Polls from outside: the page's policy forbids what a waiting function would need.
    private static Task<bool> UntilAsync(IPage page, string expression) => Branch.EventuallyAsync(() => page.EvaluateAsync<bool>(expression), good => good);

    private static async Task WhyAsync(IPage page)
    {
        await page.SelectOptionAsync("#purpose", "service-event");
        await page.FillAsync("#reason", "a caller asked what was agreed");
        await page.FillAsync("#case", "2026-1");
    }

    private static async Task LookOverAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("NAUHA_TESTS_SCREENSHOTS") is { } folder) await page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = true });
        // Through the protocol, not as a script of the page: the page's own policy lets no foreign script in.
        await page.EvaluateAsync(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "axe.min.js")));
        var found = await page.EvaluateAsync<JsonElement>("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | ')))");
        found.EnumerateArray().Select(v => v.GetString()).ShouldBeEmpty(name);
    }
}
