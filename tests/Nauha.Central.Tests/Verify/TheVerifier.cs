using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Nauha.Format;
using Shouldly;

namespace Nauha.Central.Tests.Verify;

/// <summary>nauha-verify as a stranger runs it: over a genuine recording, a changed one, and one with a forger's certificate beside it.</summary>
public sealed class TheVerifier : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nauha-verify-").FullName;
    private RunningCentral _central = null!;
    private FakeAppliance _box = null!;

    private string Recording => Path.Combine(_folder, "call.nauha");

    private string Pem => Path.Combine(_folder, "certificates.pem");

    public async ValueTask InitializeAsync()
    {
        _central = await RunningCentral.OpenAsync();
        _box = await FakeAppliance.EnrolledAsync(_central);
        await File.WriteAllBytesAsync(Recording, _box.Recording(CallId.Next(), 7).Bytes);
        await File.WriteAllTextAsync(Pem, string.Join('\n', _box.SigningCertificate.ExportCertificatePem(), _central.Authority.Appliances.ExportCertificatePem(), _central.Authority.Root.ExportCertificatePem()));
    }

    public async ValueTask DisposeAsync()
    {
        _box.Dispose();
        await _central.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<(int ExitCode, JsonElement Said, string Error)> VerifyAsync(params string[] arguments)
    {
        var configuration = AppContext.BaseDirectory.Contains("/release", StringComparison.Ordinal) ? "release" : "debug";
        var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../Nauha.Verify", configuration, "nauha-verify"));
        using var process = Process.Start(new ProcessStartInfo(program, [.. arguments, "--json"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        var text = await output;
        return (process.ExitCode, text.StartsWith('{') ? JsonDocument.Parse(text).RootElement.Clone() : default, error);
    }

    private static JsonElement Only((int ExitCode, JsonElement Said, string Error) run) => run.Said.GetProperty("files").EnumerateArray().ShouldHaveSingleItem();

    [Fact]
    public async Task A_whole_recording_is_said_to_be_whole_by_which_key_and_who_vouches_for_it()
    {
        var beside = await VerifyAsync(_folder);
        (beside.ExitCode, Only(beside).GetProperty("whole").GetBoolean(), Only(beside).GetProperty("vouchedBy").GetString(), Only(beside).GetProperty("signer").GetString()).ShouldBe((0, true, "beside", _box.Signer.Id.ToString()));
        Only(await VerifyAsync(Recording, "--certificates", Pem)).GetProperty("vouchedBy").GetString().ShouldBe("given");
        var root = Convert.ToHexStringLower(SHA256.HashData(_central.Authority.Root.RawData));
        Only(await VerifyAsync(_folder, "--root", root)).GetProperty("vouchedBy").GetString().ShouldBe("root");
        var file = Path.Combine(_folder, "root.crt");
        await File.WriteAllTextAsync(file, _central.Authority.Root.ExportCertificatePem());
        Only(await VerifyAsync(Recording, "--certificates", Pem, "--root", file)).GetProperty("vouchedBy").GetString().ShouldBe("root");
    }

    [Fact]
    public async Task A_forgers_recording_with_his_own_certificates_beside_it_is_not_believed_under_the_fleets_root()
    {
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest(_central.Authority.Root.SubjectName, caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var (from, until) = (TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
        using var ca = caRequest.CreateSelfSigned(from, until);
        using var forger = ApplianceSigner.Create();
        var request = new CertificateRequest($"CN={_box.Id.Text}", forger.Key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(CertificateUses.SignsRecordings)], false));
        using var leaf = request.Create(ca, from, until, [7]);
        await File.WriteAllTextAsync(Pem, string.Join('\n', leaf.ExportCertificatePem(), ca.ExportCertificatePem(), _central.Authority.Root.ExportCertificatePem(), _central.Authority.Appliances.ExportCertificatePem()));
        using (var writer = new SealedFileWriter(new(_central.Keys.Fleet, _box.Id, CallId.Next(), new(1), 8, new(_box.NowMs, ClockSource.Ntp, 20), _box.Today.Kid), _box.Today.PublicKey, new() { PreSkip = 52, Source = "simulated", DbvAtFullScale = 6.5 }, forger))
            await File.WriteAllBytesAsync(Recording, [.. writer.Start(), .. writer.Frame(0, 4_000, new byte[1_500], []).ToArray(), .. writer.Final([])]);

        Only(await VerifyAsync(_folder)).GetProperty("vouchedBy").GetString().ShouldBe("beside", "no more is said than that it lay there");
        var judged = await VerifyAsync(_folder, "--root", Convert.ToHexStringLower(SHA256.HashData(_central.Authority.Root.RawData)));
        (judged.ExitCode, Only(judged).GetProperty("whole").GetBoolean(), Only(judged).GetProperty("vouchedBy").GetString()).ShouldBe((1, false, null));
    }

    [Fact]
    public async Task A_certificate_that_opens_connections_signs_no_recording()
    {
        await File.WriteAllTextAsync(Pem, _box.Tls.ExportCertificatePem());
        Only(await VerifyAsync(_folder)).GetProperty("finding").GetString().ShouldBe(FileFault.UnknownSigner.Sentence());
    }

    [Fact]
    public async Task A_changed_and_a_cut_off_recording_are_found_wrong()
    {
        var bytes = await File.ReadAllBytesAsync(Recording);
        await File.WriteAllBytesAsync(Recording, bytes[..^130]);
        (await VerifyAsync(_folder)).ExitCode.ShouldBe(1);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(Recording, bytes);
        var changed = await VerifyAsync(_folder);
        (changed.ExitCode, Only(changed).GetProperty("finding").GetString()).ShouldBe((1, FileFault.BadSignature.Sentence()));
    }

    [Fact]
    public async Task Salvaged_and_closed_are_told_apart()
    {
        using var writer = new SealedFileWriter(new(_central.Keys.Fleet, _box.Id, CallId.Next(), new(1), 9, new(_box.NowMs, ClockSource.Ntp, 20), _box.Today.Kid), _box.Today.PublicKey, new() { PreSkip = 52, Source = "simulated", DbvAtFullScale = 6.5 }, _box.Signer);
        byte[] cut = [.. writer.Start(), .. writer.Frame(0, 4_000, new byte[1_500], []).Span];
        var path = Path.Combine(_folder, "cut.nauha");
        await File.WriteAllBytesAsync(path, cut);
        (await VerifyAsync(path, "--certificates", Pem)).ExitCode.ShouldBe(1);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite)) Salvage.Close(file, _box.Signer);
        Only(await VerifyAsync(path, "--certificates", Pem)).GetProperty("closing").GetString().ShouldBe("salvaged");
        Only(await VerifyAsync(Recording, "--certificates", Pem)).GetProperty("closing").GetString().ShouldBe("closed");
    }

    [Fact]
    public async Task What_is_not_there_and_what_is_no_option_are_bad_usage()
    {
        (await VerifyAsync(Path.Combine(_folder, "nothing.nauha"))).ExitCode.ShouldBe(2);
        (await VerifyAsync(_folder, "--root", "abc")).ExitCode.ShouldBe(2);
        (await VerifyAsync(_folder, "--no-such-option")).ExitCode.ShouldBe(2);
        (await VerifyAsync()).ExitCode.ShouldBe(2);
        var empty = Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName;
        (await VerifyAsync(empty)).ExitCode.ShouldBe(2);
    }
}
