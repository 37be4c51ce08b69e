using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Xunit;

namespace Muster.Releases;

public sealed class UploadSessionsTests
{
    [Fact]
    public void A_file_that_came_to_one_silo_piece_by_piece_is_hashed_as_it_came()
    {
        using var silo = NewSilo();
        var pieces = Send(silo, Send(silo, [], "head of one"), "tail of one");

        Assert.Equal(Sha256("head of onetail of one"), HashOf(silo, pieces));
    }

    [Fact]
    public void A_file_that_is_begun_anew_is_hashed_from_its_beginning()
    {
        using var silo = NewSilo();
        Send(silo, [], "head of one");
        var pieces = Send(silo, [], "head of two");

        Assert.Equal(Sha256("head of two"), HashOf(silo, pieces));
    }

    [Fact]
    public void What_was_begun_anew_through_another_silo_is_not_hashed_as_what_came_here_before()
    {
        using UploadSessions here = NewSilo(), there = NewSilo();
        Send(here, [], "head of one");
        var head = Send(there, [], "head of two");

        var whole = Send(here, head, "tail of two");

        Assert.Null(HashOf(here, whole));
        Assert.Null(HashOf(there, whole));
    }

    [Fact]
    public void What_another_silo_took_in_the_midst_of_a_request_is_not_hashed_as_its_own()
    {
        using UploadSessions here = NewSilo(), there = NewSilo();
        using var turn = here.Enter("upload", out _)!;
        Take(turn, [], "head of one");
        var head = Send(there, [], "head of two");

        Assert.Null(turn.HasherOf(Take(turn, head, "tail of one")));
    }

    private static UploadSessions NewSilo() => new(Options.Create(new ReleaseOptions()));

    private static ImmutableArray<UploadPiece> Send(UploadSessions silo, ImmutableArray<UploadPiece> stored, string text)
    {
        using var turn = silo.Enter("upload", out _)!;
        return Take(turn, stored, text);
    }

    /// <summary>What is stored once a silo has taken one more piece.</summary>
    private static ImmutableArray<UploadPiece> Take(UploadTurn turn, ImmutableArray<UploadPiece> stored, string text)
    {
        var piece = new UploadPiece(Guid.NewGuid(), text.Length);
        turn.HasherAt(stored.Sum(static known => known.Length))?.Append(piece, Encoding.ASCII.GetBytes(text));
        return stored.Add(piece);
    }

    private static string? HashOf(UploadSessions silo, ImmutableArray<UploadPiece> stored)
    {
        using var turn = silo.Enter("upload", out _)!;
        var hash = turn.HasherOf(stored)?.Finish().Sha256;
        turn.ForgetHasher();
        return hash;
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)));
}
