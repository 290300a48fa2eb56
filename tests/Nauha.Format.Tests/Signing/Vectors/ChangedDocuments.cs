using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Nauha.Format.Tests.Sealing.Vectors;
using Shouldly;

namespace Nauha.Format.Tests.Signing.Vectors;

/// <summary>Beyond the vectors that somebody thought of: good documents changed at random and signed anew, on which product and independent reader must agree.</summary>
public sealed partial class ChangedDocuments : IDisposable
{
    private const int Changed = 2_000;

    private static readonly string[] Values = ["null", "true", "0", "-0", "-1", "1", "2", "1.0", "1e2", "64", "65", "4294967296", "9223372036854775807", "9223372036854775808", "1e999", "\"\"", "\"x\"", "\"\\ud800\"", "[]", "{}", "[null]", "\"\\u0031\"", "\"00\""];

    // The same key as the vectors', by the library: quicker than TestSigner, whose signatures need not change here.
    private readonly ApplianceSigner _box = new(ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = Forge.Secret("signer"), Q = new() { X = Forge.Signer.Point[1..33], Y = Forge.Signer.Point[33..] } }));
    private readonly string _folder = Directory.CreateTempSubdirectory("nauha-changed-").FullName;

    [Fact]
    public void Two_readers_agree_on_documents_changed_at_random_and_signed_anew()
    {
        var (random, all) = (new Random(20_261_125), SignedFolder.Vectors);
        var good = all.Where(v => v.Expect is "opens" or "taken" && v.As != "trust").ToList();
        var changed = Enumerable.Range(0, Changed).Select(i => Change(random, good[random.Next(good.Count)], i)).ToList();
        var judged = changed.ConvertAll(v => Judged.Of(v, all).Verdict);

        Directory.CreateDirectory(Path.Combine(_folder, "sealed"));
        Directory.CreateDirectory(Path.Combine(_folder, "signed"));
        File.Copy(Path.Combine(VectorFolder.Path, "closed.nauha"), Path.Combine(_folder, "sealed/closed.nauha"));
        List<SignedVector> written = [.. changed, .. all.Where(v => v.FileName is "record-end.json" or "trust-good.json")];
        foreach (var (name, bytes) in SignedFolder.Make(written)) File.WriteAllBytes(Path.Combine(_folder, "signed", name), bytes);
        var theirs = TheSignedVectors.Python(Path.Combine(_folder, "signed")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(Changed).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("verdict").GetString()).ToList();

        changed.Select((v, i) => (v.About, Ours: judged[i], Theirs: theirs[i])).Where(v => v.Ours != v.Theirs).ShouldBeEmpty();
        // It has been somewhere: most are refused for what they say, and some changes mean nothing.
        judged.Count(v => v == "refused bad-payload").ShouldBeGreaterThan(Changed / 3);
        judged.Count(v => v is "opens" or "taken").ShouldBeGreaterThan(Changed / 50);
    }

    // One or two values replaced, by one of another place or a strange one; or a member left out or doubled, or a byte changed.
    private SignedVector Change(Random random, SignedVector vector, int number)
    {
        var envelope = JsonDocument.Parse(vector.File).RootElement;
        var payload = Scribe.Text(envelope.GetProperty("payload").GetBytesFromBase64());
        for (var changes = random.Next(1, 3); changes > 0; changes--)
        {
            var members = Member().Matches(payload);
            if (members.Count == 0) break;
            var (at, other) = (members[random.Next(members.Count)], members[random.Next(members.Count)]);
            payload = random.Next(6) switch
            {
                0 => payload.Remove(at.Index, at.Length),
                1 => payload.Insert(at.Index, at.Value),
                2 => payload.Insert(random.Next(payload.Length), ((char)random.Next(0x20, 0x7F)).ToString()),
                3 => payload[..at.Groups[2].Index] + other.Groups[2].Value + payload[(at.Groups[2].Index + at.Groups[2].Length)..],
                _ => payload[..at.Groups[2].Index] + Values[random.Next(Values.Length)] + payload[(at.Groups[2].Index + at.Groups[2].Length)..],
            };
        }
        ISigner signer = vector.As switch { "record" or "answer" => _box, "receipt" => Scribe.ReceiptsRole, "order" or "time" => Scribe.CommandsRole, _ => Scribe.DayKeysRole };
        return vector with { Name = $"changed-{number}", File = Scribe.Signed(envelope.GetProperty("payloadType").GetString()!, payload, signer), About = $"{vector.Name}: {payload}", Expect = "changed", At = "" };
    }

    // A member with a simple value, and the comma behind it.
    [GeneratedRegex("\"([A-Za-z0-9]+)\":(\"[^\"]*\"|-?[0-9.]+|null|true|false),?")]
    private static partial Regex Member();

    public void Dispose()
    {
        _box.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
