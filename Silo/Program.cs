using Muster.Hosting;

switch (Arguments.Parse(args))
{
    case Arguments.Run run:
        return await SiloProcess.RunAsync(run.Settings);

    case Arguments.MakeSecrets make:
        return await SiloProcess.MakeSecretsAsync(make.Settings);

    case Arguments.Help:
        Console.Out.Write(SiloOption.HelpText());
        return ExitCode.Clean;

    case Arguments.Refused refused:
        Console.Error.WriteLine($"muster: {refused.Why}");
        return ExitCode.Usage;

    case var other:
        throw new NotSupportedException($"Unknown arguments {other}.");
}
