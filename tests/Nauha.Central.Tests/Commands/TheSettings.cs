using System.Collections;
using Nauha.Central.Commands;
using Shouldly;

namespace Nauha.Central.Tests.Commands;

/// <summary>File, environment, arguments: each above the one before; what is wrong names itself.</summary>
public sealed class TheSettings : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nauha-settings-").FullName;

    private string FileWith(string json)
    {
        var path = Path.Combine(_folder, "central.json");
        File.WriteAllText(path, json);
        return path;
    }

    private static CentralOptions Read(string? file, Hashtable? environment = null, params (string Key, string Value)[] arguments) =>
        CentralSettings.Read(file, environment ?? [], arguments.ToDictionary(a => a.Key, a => (string?)a.Value));

    [Fact]
    public void Arguments_stand_above_the_environment_and_the_environment_above_the_file()
    {
        var file = FileWith("""{"port": 9000, "mqttPort": 9001, "bind": "192.0.2.1", "names": ["central.example", "192.0.2.1"], /* by hand */ "keystoreKey": "/key"}""");
        Read(file).ShouldSatisfyAllConditions(o => (o.HttpsPort, o.MqttsPort, o.Bind, o.KekPath, o.PublicName).ShouldBe((9000, 9001, "192.0.2.1", "/key", "central.example")));
        Read(file, new() { ["NAUHA_PORT"] = "9100", ["NAUHA_KEYSTORE_KEY"] = "/other" }, ("port", "9200")).ShouldSatisfyAllConditions(o => (o.HttpsPort, o.MqttsPort, o.KekPath).ShouldBe((9200, 9001, "/other")));
        Read(null, new() { ["NAUHA_CONFIG"] = file }).HttpsPort.ShouldBe(9000);
        Read(null, [], ("port", "0")).ShouldSatisfyAllConditions(o => (o.HttpsPort, o.MqttsPort).ShouldBe((0, 0)));
        Read(null).ShouldBe(new CentralOptions(CentralOptions.DefaultData));
    }

    [Fact]
    public void A_data_folder_that_is_named_from_here_is_known_in_full() => Read(null, [], ("data", "here/central")).Data.ShouldBe(Path.Combine(Environment.CurrentDirectory, "here/central"));

    [Theory]
    [InlineData("""{"prot": 9000}""", "prot")]
    [InlineData("""{"port": 70000}""", "port")]
    [InlineData("""{"port": -1}""", "port")]
    [InlineData("""{"port": {}}""", "port")]
    [InlineData("""{"bind": "localhost"}""", "bind")]
    [InlineData("""{"names": ["not a name"]}""", "names")]
    [InlineData("""{"demo": "perhaps"}""", "demo")]
    [InlineData("""{"port": 1, "port": 2}""", "port")]
    [InlineData("""[]""", "central.json")]
    [InlineData("""{""", "central.json")]
    public void What_is_unknown_or_out_of_range_in_the_file_names_itself(string json, string named) => Should.Throw<SettingException>(() => Read(FileWith(json))).Message.ShouldContain(named);

    [Fact]
    public void What_is_unknown_or_out_of_range_elsewhere_names_itself_too()
    {
        Should.Throw<SettingException>(() => Read(null, new() { ["NAUHA_PROT"] = "1" })).Message.ShouldContain("NAUHA_PROT");
        Should.Throw<SettingException>(() => Read(null, new() { ["NAUHA_MQTT_PORT"] = "x" })).Message.ShouldContain("NAUHA_MQTT_PORT");
        Should.Throw<SettingException>(() => Read(null, [], ("bind", "localhost"))).Message.ShouldContain("--bind");
        Should.Throw<SettingException>(() => Read(Path.Combine(_folder, "absent.json"))).Message.ShouldContain("absent.json");
        Read(null, new() { ["NAUHA_TESTS_LONG"] = "1", ["NAUHA_TOKEN"] = "t", ["NAUHA_RECORDER_X"] = "1" }).HttpsPort.ShouldBe(8443);
    }

    [Theory]
    [InlineData("--bind", "localhost")]
    [InlineData("--port", "70000")]
    [InlineData("--port", "many")]
    [InlineData("--no-such-option", "1")]
    [InlineData("--config", "/nowhere/central.json")]
    public async Task Bad_usage_ends_with_2(string option, string value) => (await CentralCommands.RunAsync(["serve", "--data", Path.Combine(_folder, "data"), option, value])).ShouldBe(2);

    [Fact]
    public async Task No_command_and_an_unknown_one_are_bad_usage_and_help_is_not()
    {
        (await CentralCommands.RunAsync([])).ShouldBe(2);
        (await CentralCommands.RunAsync(["sing"])).ShouldBe(2);
        (await CentralCommands.RunAsync(["calls", "search"])).ShouldBe(2);
        (await CentralCommands.RunAsync(["--help"])).ShouldBe(0);
        (await CentralCommands.RunAsync(["--version"])).ShouldBe(0);
        (await CentralCommands.RunAsync(["alarms", "--data", Path.Combine(_folder, "absent")])).ShouldBe(3);
    }

    [Fact]
    public async Task What_was_not_waited_for_and_what_was_stopped_is_no_success()
    {
        (await CentralCommand.GuardedAsync(() => throw new TaskCanceledException("100 s", new TimeoutException()), CancellationToken.None)).ShouldBe(3);
        (await CentralCommand.GuardedAsync(() => throw new OperationCanceledException(), new CancellationToken(canceled: true))).ShouldBe(3);
    }

    [Fact]
    public void The_readme_names_every_setting()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Appliance.sln"))) folder = folder.Parent;
        var readme = File.ReadAllText(Path.Combine(folder.FullName, "src/Nauha.Central/README.md"));
        foreach (var (key, variable, _) in CentralSettings.All) readme.ShouldContain($"| `{key}` | `{variable}` |");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
