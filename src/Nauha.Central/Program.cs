return await Nauha.Central.Commands.CentralCommands.RunAsync(args);
