using Nauha.Recorder.Vault;

namespace Nauha.Recorder.Calls;

/// <summary>
/// Whether the number that a line shows just now is on the list of those never recorded. Asked again with every digit;
/// the answer comes from a task of its own, and a call is not announced to before it is there.
/// </summary>
/// <param name="outside">What is dialled to get an outside line, not part of the number; null: nothing.</param>
internal sealed class NumberCheck(ExclusionList? list, string? outside)
{
    private string? _asked;
    private Task<bool>? _answer;

    /// <summary>Ends when the answer to what was asked last is there.</summary>
    public Task Answered => _answer ?? Task.CompletedTask;

    public bool IsPending => _answer is { IsCompleted: false };

    /// <summary>Asks, where it is another number than before. True: it was, and the answer comes.</summary>
    /// <param name="number">Digits, or null where the line shows none.</param>
    /// <param name="dialled">By the agent, not shown for a caller.</param>
    public bool Ask(string? number, bool dialled)
    {
        if (list is null || number == _asked) return false;
        _asked = number;
        if (number is null || list.IsEmpty) _answer = number is null ? Task.FromResult(false) : null;
        else _answer = LookUp(list, number, dialled);
        return _answer is not null;
    }

    // By itself: asked each block, Ask must not carry what only this needs.
    private Task<bool> LookUp(ExclusionList numbers, string number, bool dialled) =>
        Task.Run(() => numbers.Holds(number) || (dialled && outside is { } prefix && number.StartsWith(prefix, StringComparison.Ordinal) && numbers.Holds(number[prefix.Length..])));

    /// <summary>The answer, once; null: none is there. A list that cannot be read holds nothing.</summary>
    public bool? Take()
    {
        if (_answer is not { IsCompleted: true } answer) return null;
        _answer = null;
        return answer.IsCompletedSuccessfully && answer.Result;
    }

    /// <summary>The call is over.</summary>
    public void Forget() => (_asked, _answer) = (null, null);
}
