using System.Collections.Immutable;
using Xunit;

namespace Muster.Local;

public sealed class ControlTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("muster-local-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_question_reaches_the_supervisor_and_its_answer_comes_back()
    {
        await using var server = ControlServer.Listen(folder, (request, _) => Task.FromResult(ControlAnswer.Done($"{request.Verb} {request.Node}")));
        var answer = await ControlClient.AskAsync(folder, new ControlRequest("kill", "silo-2"), TestContext.Current.CancellationToken);
        Assert.Equal((ExitCode.Clean, "kill silo-2"), (answer.ExitCode, Assert.Single(answer.Lines)));
    }

    [Fact]
    public async Task Without_a_supervisor_one_line_says_so()
    {
        Assert.StartsWith("no cluster runs over", await AskAsync(), StringComparison.Ordinal);

        // What a supervisor leaves that was killed.
        await File.WriteAllTextAsync(ControlSocket.PathIn(folder), "", TestContext.Current.CancellationToken);
        WholeFile.WriteJson(Path.Combine(folder, ClusterFile.FileName), new ClusterFile(4711, ImmutableArray<ClusterFile.Node>.Empty));
        Assert.Contains("(process 4711) died", await AskAsync(), StringComparison.Ordinal);

        async Task<string> AskAsync()
        {
            var answer = await ControlClient.AskAsync(folder, new ControlRequest("status", null), TestContext.Current.CancellationToken);
            Assert.Equal(ExitCode.Failed, answer.ExitCode);
            return Assert.Single(answer.Lines);
        }
    }

    [Theory]
    [InlineData("--silos", "0")]
    [InlineData("--gateways", "many")]
    [InlineData("--bind", "nowhere")]
    [InlineData("stray")]
    [InlineData("kill")]
    public void A_command_line_that_is_not_understood_is_refused(params string[] args) => Assert.NotEmpty(Parse(args).Errors);

    [Theory]
    [InlineData("--silos", "5", "--data", "x")]
    [InlineData("up", "--silos", "5", "--data", "x")]
    [InlineData("--data", "x", "up", "--silos", "5")]
    public async Task No_verb_means_up(params string[] args)
    {
        asked = null;
        Assert.Equal(0, await Parse(args).InvokeAsync(cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal((5, 2, true, Path.GetFullPath("x")), (asked!.Silos, asked.Gateways, asked.Restarts, asked.Folder));
    }

    private ClusterOptions? asked;

    private System.CommandLine.ParseResult Parse(string[] args) => ClusterCommand.Create(
        (options, _) =>
        {
            asked = options;
            return Task.FromResult(0);
        },
        (_, _, _) => Task.FromResult(1)).Parse(args);
}
