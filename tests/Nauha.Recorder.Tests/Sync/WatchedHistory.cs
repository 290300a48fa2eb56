using Nauha.Format;
using Nauha.Recorder.Sync;
using Nauha.Recorder.Tests.Calls;
using Shouldly;

namespace Nauha.Recorder.Tests.Sync;

public sealed class WatchedHistory : IDisposable
{
    private readonly Box _box = new();
    private HistoryWatch _watch;

    public WatchedHistory()
    {
        _watch = new(_box.Data, _box.Identity);
        Take(10, 1).ShouldBeTrue();
        Take(10, 1).ShouldBeTrue("the same again");
        Take(12, 2).ShouldBeTrue("it grew");
    }

    public void Dispose() => _box.Dispose();

    private string Note(ulong size, byte root, CentralSigner? signer = null) => new Checkpoint(Checkpoint.OriginOf(_box.Fleet), size, [.. Enumerable.Repeat(root, 32)]).Sign(signer ?? _box.Receipts);

    private bool Take(ulong size, byte root, CentralSigner? signer = null) => _watch.Take(Note(size, root, signer), _box.Identity);

    [Theory]
    [InlineData(11, 9)]
    [InlineData(10, 1)]
    [InlineData(12, 9)]
    public void A_log_that_shrank_or_is_another_at_the_same_size_is_noticed_for_good_and_both_notes_are_kept(ulong size, byte root)
    {
        var (newest, contradicting) = (Note(12, 2), Note(size, root));
        _watch.Take(contradicting, _box.Identity).ShouldBeFalse();
        _watch.IsBroken.ShouldBeTrue();
        File.ReadAllText(Path.Combine(_box.Data, "history")).ShouldBe(newest);
        File.ReadAllText(Path.Combine(_box.Data, "history.broken")).ShouldBe(contradicting);
        Take(13, 3).ShouldBeTrue();
        _watch.IsBroken.ShouldBeTrue("it goes on saying it");
        _watch = new(_box.Data, _box.Identity);
        _watch.IsBroken.ShouldBeTrue("also after a restart");
    }

    [Fact]
    public void What_was_seen_before_a_restart_is_compared_with_after_it()
    {
        _watch = new(_box.Data, _box.Identity);
        _watch.IsBroken.ShouldBeFalse();
        Take(11, 1).ShouldBeFalse();
        _watch.IsBroken.ShouldBeTrue();
    }

    [Fact]
    public void A_note_that_another_signed_or_that_is_another_fleets_says_nothing()
    {
        using var other = CentralSigner.Create();
        Take(5, 1, other).ShouldBeFalse();
        _watch.Take(new Checkpoint(Checkpoint.OriginOf(FleetId.From([.. Enumerable.Repeat((byte)7, 10)])), 5, new byte[32]).Sign(_box.Receipts), _box.Identity).ShouldBeFalse();
        _watch.Take("no note", _box.Identity).ShouldBeFalse();
        _watch.IsBroken.ShouldBeFalse();
    }
}
