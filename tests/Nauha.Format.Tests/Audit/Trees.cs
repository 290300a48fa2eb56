using Shouldly;

namespace Nauha.Format.Tests.Audit;

public sealed class Trees
{
    // The eight leaves and the roots that the certificate-transparency test suites share.
    private static readonly byte[][] Leaves = [.. new[] { "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f" }.Select(Convert.FromHexString)];

    [Fact]
    public void Roots_are_those_of_the_shared_vectors()
    {
        var tree = new MerkleTree();
        Convert.ToHexStringLower(tree.Root()).ShouldBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        tree.Append(Leaves[0]);
        Convert.ToHexStringLower(tree.Root()).ShouldBe("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        tree.Append(Leaves[1]);
        Convert.ToHexStringLower(tree.Root()).ShouldBe("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
        foreach (var leaf in Leaves[2..]) tree.Append(leaf);
        Convert.ToHexStringLower(tree.Root()).ShouldBe("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    [Fact]
    public void A_checkpoint_is_believed_from_its_signer_alone()
    {
        using var signer = CentralSigner.Create();
        using var other = CentralSigner.Create();
        var note = new Checkpoint("fleet/audit", 3, new byte[32]).Sign(signer);
        Checkpoint.TryVerify(note, signer.PublicKey, out var read).ShouldBeTrue();
        read!.Size.ShouldBe(3ul);
        Checkpoint.TryVerify(note, other.PublicKey, out _).ShouldBeFalse();
        Checkpoint.TryVerify(note.Replace("\n3\n", "\n4\n", StringComparison.Ordinal), signer.PublicKey, out _).ShouldBeFalse();
        Checkpoint.TryVerify("", signer.PublicKey, out _).ShouldBeFalse();
    }
}
